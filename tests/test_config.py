from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import platformdirs
import pytest

from fusionflow_lab.config import Config, settings
from fusionflow_lab.config_text import example_environment
from fusionflow_lab.errors import ConfigError


def test_defaults() -> None:
    config = Config.load(environ={})

    assert config.home == platformdirs.user_data_path("fusionflow")
    assert config.workers >= 1
    assert config.memory_limit == "auto"


def test_environment_wins_over_default(tmp_path: Path) -> None:
    environ = {
        "FUSIONFLOW_HOME": str(tmp_path),
        "FUSIONFLOW_WORKERS": " 3 ",
        "FUSIONFLOW_MEMORY_LIMIT": "2 GiB",
        "JUPYTERHUB_USER": "ana",
        "PATH": "/bin",
    }

    config = Config.load(environ=environ)

    assert config == Config(home=tmp_path, workers=3, memory_limit="2 GiB", user="ana")


def test_argument_wins_over_environment(tmp_path: Path) -> None:
    environ = {"FUSIONFLOW_HOME": "/elsewhere", "FUSIONFLOW_WORKERS": "3", "FUSIONFLOW_MEMORY_LIMIT": "1 GB"}

    config = Config.load(home=tmp_path, workers=1, memory_limit="512MiB", user="ana", environ=environ)

    assert config == Config(home=tmp_path, workers=1, memory_limit="512MiB", user="ana")


def test_the_process_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSIONFLOW_WORKERS", "7")

    assert Config.load().workers == 7


def test_an_empty_variable_means_the_default() -> None:
    assert (
        Config.load(environ={"FUSIONFLOW_MEMORY_LIMIT": "", "FUSIONFLOW_WORKERS": ""}).memory_limit == "auto"
    )


def test_the_file_wins_over_the_default_and_the_environment_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('workers = 3\nmemory_limit = "1 GB"\nrunner_idle = 5\n')
    environ = {"FUSIONFLOW_CONFIG": str(file), "FUSIONFLOW_MEMORY_LIMIT": "2 GB"}

    config = Config.load(home=tmp_path, traits={"frame_limit": "3 GB", "user": "ana"}, environ=environ)

    assert config == Config(
        home=tmp_path, workers=3, memory_limit="2 GB", runner_idle=5.0, frame_limit="3 GB", user="ana"
    )
    chosen = {name: origin for name, origin in config.origins.items() if origin != "default"}
    assert chosen == {
        "home": "option",
        "workers": str(file),
        "memory_limit": "FUSIONFLOW_MEMORY_LIMIT",
        "frame_limit": "traitlets",
        "user": "traitlets",
        "runner_idle": str(file),
    }
    assert config.origins["runner"] == "default"


def test_an_option_wins_over_traits(tmp_path: Path) -> None:
    assert Config.load(home=tmp_path, workers=2, traits={"workers": 5}, environ={}).workers == 2


def test_the_users_file_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    path = platformdirs.user_config_path("fusionflow") / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("workers = 9\n")

    assert Config.load(environ={}).workers == 9


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("worker = 3", "unknown setting worker\nwhere: {file}\ntry: did you mean workers?"),
        ("workers = 'two'", "workers is 'two'\nwhere: {file}\ntry: write a whole number"),
        ("workers = 2.5", "workers is 2.5\nwhere: {file}\ntry: write a whole number"),
        ("workers = true", "workers is True\nwhere: {file}\ntry: write a number or a text"),
        ("[workers]", "workers is {{}}\nwhere: {file}\ntry: write a number or a text"),
        ("runner_idle = 'soon'", "runner_idle is 'soon'\nwhere: {file}\ntry: write a number of seconds"),
        ("workers =", "the settings cannot be read: Invalid value (at end of document)\nwhere: {file}"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(text: str, what: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)

    with pytest.raises(ConfigError) as caught:
        Config.load(environ={"FUSIONFLOW_CONFIG": str(file)})

    assert str(caught.value) == what.format(file=file)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the settings cannot be read"):
        Config.load(environ={"FUSIONFLOW_CONFIG": str(tmp_path / "none.toml")})


def test_the_example_names_every_setting() -> None:
    example = Path(__file__).parents[1] / ".env.example"

    assert example.read_text() == example_environment()
    assert all(f"# {setting.variable}=\n" in example.read_text() for setting in settings())


def test_another_process_gets_the_same_settings(tmp_path: Path) -> None:
    config = Config.load(home=tmp_path, traits={"cache_max_age": "3d"}, environ={})

    assert Config.load(environ=config.environment()) == config


def test_home_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert Config.load(home="here", environ={}).home == tmp_path / "here"
    assert Config.load(home="~/there", environ={}).home == tmp_path / "there"


@pytest.mark.parametrize("name", ["FUSIONFLOW_SIMD", "FUSIONFLOW_CORPORA"])
def test_variables_read_elsewhere_are_left_alone(name: str) -> None:
    Config.load(environ={name: "x"})


@pytest.mark.parametrize(
    ("environ", "text"),
    [
        (
            {"FUSIONFLOW_WORKER": "2"},
            (
                "unknown setting FUSIONFLOW_WORKER\nwhere: environment variables\n"
                "try: did you mean FUSIONFLOW_WORKERS?"
            ),
        ),
        (
            {"FUSIONFLOW_COLOUR": "red"},
            (
                "unknown setting FUSIONFLOW_COLOUR\nwhere: environment variables\n"
                f"try: known are {', '.join(sorted(setting.variable for setting in settings()))}"
            ),
        ),
        (
            {"FUSIONFLOW_WORKERS": "two"},
            "workers is 'two'\nwhere: FUSIONFLOW_WORKERS\ntry: write a whole number",
        ),
        ({"FUSIONFLOW_WORKERS": "0"}, "workers is 0\ntry: take 1 to 1024"),
        (
            {"FUSIONFLOW_MEMORY_LIMIT": "lots"},
            "memory_limit is 'lots'\ntry: write it as 'auto', '2 GiB' or '500 MB'",
        ),
    ],
)
def test_what_is_wrong_is_said(environ: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.load(environ=environ)

    assert str(caught.value) == text


def test_home_must_be_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(ConfigError, match="home is not a folder"):
        Config.load(home=file, environ={})


@pytest.mark.parametrize("memory", ["auto", "0", "2 GiB", "500MB", "1.5 gib", "1000 B"])
def test_memory_limits(memory: str, tmp_path: Path) -> None:
    assert Config(home=tmp_path, workers=1, memory_limit=memory).memory_limit == memory


def test_it_is_frozen(tmp_path: Path) -> None:
    config = Config(home=tmp_path, workers=1)

    with pytest.raises(FrozenInstanceError):
        config.workers = 2  # type: ignore[misc]
