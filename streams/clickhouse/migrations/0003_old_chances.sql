-- `chances` holds what these held. A migration of its own: what fills `chances` is not done again after it.

DROP TABLE IF EXISTS predictions_to_closing;

DROP TABLE IF EXISTS closing_predictions;
