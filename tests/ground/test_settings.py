from pathlib import Path

import pytest

from dataops_kernel.errors import SettingsError
from dataops_kernel.settings import Settings, load_settings


def test_environment_variables_set_fields_and_arguments_win_over_them():
    found = load_settings({"query_seconds": 5}, {"DATAOPS_QUERY_SECONDS": "60", "DATAOPS_WORKSPACE": "/data/ws"})

    assert found.query_seconds == 5
    assert found.workspace == Path("/data/ws")


def test_folders_of_workflows_are_separated_like_a_path():
    assert load_settings({}, {"DATAOPS_WORKFLOWS": "/a:/b"}).workflows == (Path("/a"), Path("/b"))


def test_a_wrong_value_names_the_variable_the_value_and_an_example():
    with pytest.raises(SettingsError) as caught:
        load_settings({}, {"DATAOPS_QUERY_SECONDS": "soon"})

    assert "DATAOPS_QUERY_SECONDS" in caught.value.message
    assert "'soon'" in caught.value.message
    assert "DATAOPS_QUERY_SECONDS=30.0" in caught.value.hint


def test_an_unknown_setting_gets_the_closest_known_one():
    with pytest.raises(SettingsError, match="workspce") as caught:
        load_settings({"workspce": "x"}, {})

    assert "workspace" in caught.value.hint


def test_every_setting_says_what_it_is_for():
    assert all(field.description for field in Settings.model_fields.values())
