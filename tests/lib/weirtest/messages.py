"""Holds what filters write to bus/message.schema.json."""

import json
import os

import jsonschema

from . import ROOT

_validator = None


def validator():
    global _validator
    if _validator is None:
        with open(os.path.join(ROOT, "bus/message.schema.json"), encoding="utf-8") as file:
            _validator = jsonschema.Draft202012Validator(json.load(file))
    return _validator


def parse(text):
    """The messages of a filter's output. A line that is no JSON raises, with the line."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            raise ValueError("line %d is no JSON (%s): %.200s" % (number, error, line)) from None
    return found


def faults(messages):
    """What the schema has against them, as texts; none when all is well."""
    return ["%s at %s: %.300s" % (error.message, "/".join(map(str, error.absolute_path)) or "top",
                                  json.dumps(message))
            for message in messages for error in validator().iter_errors(message)]


def of_type(messages, *types):
    return [message for message in messages if message["type"] in types]
