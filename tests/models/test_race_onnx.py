"""What is exported scores a race as what was trained does, or is refused."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from models import race_onnx
from models.form.features import FEATURES
from models.logit import Logit
from models.net import Net
from schemas.errors import HprError
from tests.models.trained_world import beliefs


@pytest.fixture(params=["net", "logit"])
def model(request: pytest.FixtureRequest) -> Net | Logit:
    made = beliefs()
    return made.fundamental.net if request.param == "net" else made.combined.residual.logit


@pytest.mark.parametrize("runners", [1, 2, 40])
def test_the_export_scores_a_race_of_any_size_as_the_model_does(model: Net | Logit, runners: int) -> None:
    data = race_onnx.checked(model)
    assert data == race_onnx.export(model)
    random = np.random.default_rng(runners)
    features = random.normal(0.0, 8.0, (runners, len(FEATURES)))
    features[random.random(features.shape) < 0.2] = np.nan
    features[:, 3] = np.nan
    wanted = model.score(features, np.zeros(1, dtype=np.intp))
    assert np.abs(wanted).max() > 0.0 or runners == 1
    assert_allclose(race_onnx.onnx_race_score(data, features), wanted, atol=1e-9)


def test_an_export_that_says_something_else_is_refused(
    model: Net | Logit, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(model, Net):
        other: Net | Logit = replace(
            model, weights=model.weights._replace(linear=model.weights.linear + 0.01)
        )
    else:
        other = replace(model, weights=model.weights + 0.01)
    wrong = race_onnx.export(other)
    monkeypatch.setattr(race_onnx, "export", lambda _: wrong)
    with pytest.raises(HprError, match="train again"):
        race_onnx.checked(model)
