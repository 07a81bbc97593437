from dataclasses import fields

from gateway.site import SiteSettings
from hpr.settings import settings
from hpr.site import site_settings


def test_every_setting_of_a_site_is_the_one_of_its_name() -> None:
    chosen = settings(
        database="sqlite:///elsewhere", secrets="s", smtp="smtp://localhost:1", mail_from="a@b", mails="m",
        limits="redis://localhost:1", anonymous_requests=1, address_requests=2, private_destinations=True,
        public_url="https://races.example.org",
    )  # fmt: skip
    made = site_settings(chosen)
    for field in fields(SiteSettings):
        assert str(getattr(made, field.name)) == str(getattr(chosen, field.name)), field.name


def test_without_an_address_people_reach_it_on_this_machine() -> None:
    assert site_settings(settings(port=8001)).public_url == "http://localhost:8001"
