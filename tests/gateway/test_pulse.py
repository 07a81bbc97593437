from gateway.pulse import Pulse


def test_each_client_is_visited_twice_a_heartbeat_and_each_tick_visits_an_equal_part() -> None:
    pulse: Pulse[int] = Pulse(10.0)
    assert pulse.tick_seconds == 0.5
    for client in range(100):
        pulse.add(client)
    turns = [set(pulse.turn()) for _ in range(10)]
    assert {len(turn) for turn in turns} == {10}
    assert set().union(*turns) == set(range(100)) == set(pulse.everyone())
    assert [set(pulse.turn()) for _ in range(10)] == turns


def test_who_has_gone_is_visited_no_more() -> None:
    pulse: Pulse[str] = Pulse(0.2)
    assert pulse.tick_seconds == 0.1
    pulse.add("ann")
    pulse.remove("ann")
    pulse.remove("ann")
    assert len(pulse) == 0
    assert list(pulse.turn()) == []
