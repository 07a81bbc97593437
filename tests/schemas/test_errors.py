import pytest

from schemas import errors
from schemas.errors import HprError


def test_one_exception_catches_all_of_the_project_s() -> None:
    found = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)]
    assert len(found) >= 9
    assert all(issubclass(error, HprError) for error in found)


@pytest.mark.parametrize(
    "error", [errors.UnknownSchemaError, errors.CorruptRecordError, errors.IncompatibleSchemaError]
)
def test_what_is_wrong_with_a_record_or_schema_is_a_schema_error(error: type[HprError]) -> None:
    assert issubclass(error, errors.SchemaError)
