"""Requests about the submit form: its SQL, and the form of SQL."""

from __future__ import annotations

from pydantic import Field

from fusionflow_lab.planning.form import Form, NotAForm, form_parameters
from fusionflow_lab.service.models import Model, Place
from fusionflow_lab.service.problems import place_of
from fusionflow_lab.service.routing import Call


class FormText(Model):
    """SQL that may have a form."""

    sql: str


class FormFault(Model):
    """What is missing or wrong in a form, and at which of its parts: ``filters.0.values``."""

    where: str
    what: str


class FormAsked(Model):
    """A form."""

    form: Form


class FormWritten(Model):
    """A form's SQL; empty where the form has faults."""

    sql: str
    faults: list[FormFault] = Field(default_factory=list)
    parameters: list[str] = Field(default_factory=list, description="The names of $x.")


class FormRead(Model):
    """The form of SQL; none where it cannot show a part of it: ``reason`` names that part."""

    form: Form | None
    reason: str = ""
    where: Place | None = None
    parameters: list[str] = Field(default_factory=list, description="The names of $x.")


def write_form(call: Call, asked: FormAsked) -> FormWritten:
    """Write a form as SQL, or say what is missing or wrong in it."""
    planner, form = call.session.planner, asked.form
    parameters = list(form_parameters(form))
    faults = [FormFault(where=fault.where, what=fault.what) for fault in planner.form_faults(form)]
    return FormWritten(sql="" if faults else planner.form_sql(form), faults=faults, parameters=parameters)


def read_form(call: Call, asked: FormText) -> FormRead:
    """Read SQL as a form, or name the part of it that a form cannot show."""
    planner = call.session.planner
    found = planner.form(asked.sql)
    if not isinstance(found, NotAForm):
        return FormRead(form=found, parameters=list(form_parameters(found)))
    parameters = list(planner.references(asked.sql, {}).parameters) if found.is_query else []
    return FormRead(form=None, reason=found.reason, where=place_of(found.where), parameters=parameters)
