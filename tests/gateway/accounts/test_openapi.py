import orjson

from gateway import openapi


def test_the_committed_description_is_the_code_s() -> None:
    """If not: `python -m gateway.openapi` writes docs/openapi.json again."""
    assert openapi.FILE.read_bytes() == openapi.described()


def test_every_operation_is_good_to_read_and_says_how_it_may_fail() -> None:
    paths = orjson.loads(openapi.described())["paths"]
    for path, item in paths.items():
        for method, operation in item.items():
            said = f"{method} {path}"
            assert operation.get("summary"), said
            assert operation.get("description"), said
            assert operation.get("tags"), said
            if path.startswith("/v1/") and not {"races", "history"} & set(operation["tags"]):
                assert {"422", "429"} <= set(operation["responses"]), said


def test_names_of_operations_are_their_own() -> None:
    paths = orjson.loads(openapi.described())["paths"]
    names = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(set(names)) == len(names)
