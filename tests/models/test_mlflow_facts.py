"""What MLflow is told of a model: figures by their words, and what it says of itself."""

from pathlib import Path

from models.form.features import FEATURES
from models.mlflow_facts import facts_of
from models.registry import shipped
from models.trained import TrainedModel
from tests.models.trained_world import written


def test_a_trained_folder_tells_its_data_seed_features_and_losses(tmp_path: Path) -> None:
    manifest = written(tmp_path)
    facts = facts_of(TrainedModel.of(tmp_path))
    assert facts.metrics == {"in_sample/combined/in sample/log_loss": 2.0}
    assert facts.params["data_hash"] == facts.tags["data_hash"] == "d"
    assert (facts.params["seed"], facts.params["races"], facts.params["trained_to"]) == (
        "1",
        "5",
        "2025-12-31",
    )
    assert (facts.tags["jurisdiction"], facts.tags["seed"]) == ("hong-kong", "1")
    assert facts.tags["feature_set"] == "form-book-2"
    assert facts.params["version"] == manifest.version
    assert facts.features == {"feature_set": "form-book-2", "features": list(FEATURES)}


def test_a_guide_model_tells_its_losses() -> None:
    facts = facts_of(shipped())
    assert facts.metrics == shipped().artefact.metrics
    assert facts.params["races"] == str(shipped().artefact.races)
    assert facts.tags["model"] == "guide"
    assert len(facts.tags["features_hash"]) == 16


def test_other_features_have_another_hash(tmp_path: Path) -> None:
    written(tmp_path)
    assert (
        facts_of(TrainedModel.of(tmp_path)).tags["features_hash"] != facts_of(shipped()).tags["features_hash"]
    )
