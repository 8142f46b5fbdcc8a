import pytest

from dataops_kernel.access import PERMISSIONS, allows, matches
from dataops_kernel.types import User


@pytest.mark.parametrize(
    ("pattern", "permission", "covered"),
    [
        ("*", "workflow.simple.invoke", True),
        ("workflow.*.invoke", "workflow.simple.invoke", True),
        ("workflow.*.invoke", "workflow.simple.delete", False),
        ("workflow.*.invoke", "workflow.a.b.invoke", False),
        ("workflow.*", "workflow.simple.invoke", False),
        ("artifact.read", "artifact.read", True),
        ("artifact.read", "artifact.read.all", False),
        ("", "artifact.read", False),
    ],
)
def test_a_star_covers_exactly_one_segment_unless_it_stands_alone(pattern, permission, covered):
    assert matches(pattern, permission) is covered


def test_an_unknown_role_grants_nothing():
    assert not allows(User(user_id="eve", roles=("wizard",)), "artifact.read")


def test_a_user_may_run_workflows_but_not_store_artifacts_by_hand():
    user = User(user_id="ann", roles=("user",))

    assert allows(user, "workflow.schema_analyzer.invoke")
    assert not allows(user, "artifact.write")


def test_own_permissions_add_to_the_roles():
    assert allows(User(user_id="ann", roles=(), permissions=("artifact.write",)), "artifact.write")


def test_the_roles_of_the_specification_exist():
    assert {"admin", "developer", "user"} == set(PERMISSIONS)
