import pytest

from gateway.viewer import ANONYMOUS, Credentials, DeniedError, nobody_in_particular


def test_without_accounts_anyone_may_watch_but_a_token_is_not_known() -> None:
    assert nobody_in_particular(Credentials()) == ANONYMOUS
    with pytest.raises(DeniedError, match="connect without a token"):
        nobody_in_particular(Credentials("secret"))
