from pathlib import Path

import pytest

from deploy.kafka.node import SingleNode, free_port
from deploy.kafka.single_node import main


def arguments(command: str, folder: Path, port: int) -> list[str]:
    return [command, "--dir", str(folder), "--port", str(port)]


@pytest.mark.kafka
def test_start_status_and_stop_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    assert main(arguments("status", tmp_path, port)) == 1
    assert main(arguments("start", tmp_path, port)) == 0
    try:
        assert f"answers at 127.0.0.1:{port}" in capsys.readouterr().out
        assert main(arguments("status", tmp_path, port)) == 0
        assert main(arguments("start", tmp_path, port)) == 1
        assert "already runs" in capsys.readouterr().err
    finally:
        assert main(arguments("stop", tmp_path, port)) == 0
    assert SingleNode(tmp_path).pid is None
    assert main(arguments("status", tmp_path, port)) == 1


def test_stopping_where_nothing_runs_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments("stop", tmp_path, free_port())) == 0
    assert "nothing runs on" in capsys.readouterr().out


def test_an_unknown_command_is_called_wrongly() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["restart"])
    assert ended.value.code == 2
