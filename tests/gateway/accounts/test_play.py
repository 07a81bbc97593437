from datetime import UTC, datetime, timedelta

from gateway.accounts import play
from gateway.accounts.play import Withheld
from gateway.accounts.tables import Play, User
from gateway.database import Database

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_nothing_is_withheld_without_a_reason_or_after_its_time() -> None:
    assert play.withheld(None, NOW) is None
    assert play.withheld(Play(paused_until=NOW, excluded_until=NOW - DAY), NOW) is None


def test_an_exclusion_is_named_before_a_pause() -> None:
    assert play.withheld(Play(paused_until=NOW + DAY), NOW) == Withheld("pause", NOW + DAY)
    both = Play(paused_until=NOW + DAY, excluded_until=NOW + 2 * DAY)
    assert play.withheld(both, NOW) == Withheld("exclusion", NOW + 2 * DAY)


async def test_one_user_and_all_of_them_get_the_same_answer(database: Database) -> None:
    async with database.write() as session:
        users = [User(email=f"{n}@example.org", email_key=f"{n}@example.org") for n in range(3)]
        session.add_all(users)
        await session.flush()
        session.add(Play(user_id=users[0].id, excluded_until=NOW + DAY))
        session.add(Play(user_id=users[1].id, paused_until=NOW + DAY))
        session.add(Play(user_id=users[2].id, paused_until=NOW))
    async with database.read() as session:
        alone = {user.id: await play.withheld_from(session, user.id, NOW) for user in users}
        everyone = await play.everyone_withheld(session, NOW)
        some = await play.everyone_withheld(session, NOW, among=[users[1].id])
    assert everyone == {user: said for user, said in alone.items() if said}
    assert set(some) == {users[1].id}
