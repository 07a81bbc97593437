/** Races and runners to test with: real-looking, and whole, so that a test names only what it is about. */
import type { AlertEvent, RaceState, Runner } from "../src/contract";

export function runner(changes: Partial<Runner> = {}): Runner {
  return {
    runner_id: "39008736",
    number: "1",
    name: "Kahuka",
    status: "ACTIVE",
    betting_interest: null,
    jockey_name: "J. Kah",
    back: 4.6,
    back_size: 120,
    lay: 4.7,
    lay_size: 55.1,
    last: 4.6,
    traded: 5234.2,
    starting_price: null,
    win_probability: 0.213,
    place_probability: 0.51,
    fair_odds: 4.69,
    movement: [null, null, null],
    trend: "STEADY",
    scratch: null,
    finish_position: null,
    fundamental_probability: null,
    public_probability: 0.213,
    form: "",
    pace: [],
    pace_spreads: [],
    ...changes,
  };
}

export function race(changes: Partial<RaceState> = {}): RaceState {
  return {
    race_id: "MOE-20221107-06",
    revision: 123,
    track_code: "MOE",
    track_name: "Moe",
    country: "AU",
    time_zone: "Australia/Melbourne",
    race_date: "2022-11-07",
    race_number: 6,
    race_name: "1000m Hcap",
    scheduled_off: "2022-11-07T03:35:00Z",
    off_time: null,
    status: "SCHEDULED",
    distance_furlongs: 4.97,
    surface: "TURF",
    track_condition: "GOOD",
    places_paid: 3,
    event_time: "2022-11-07T03:30:00Z",
    recorded_time: "2022-11-07T03:30:00Z",
    freshness: "fresh",
    age_seconds: 0.5,
    prediction_id: null,
    model_versions: { market: "1" },
    overround: 0.02,
    confidence: 0.83,
    traded: 123456.7,
    why: [],
    runners: [],
    result: null,
    alerts: [],
    basis: "MARKET",
    form_id: null,
    pace_words: "",
    ...changes,
  };
}

export function alert(alert_id: string, event_time = "2022-11-07T03:30:00Z"): AlertEvent {
  return {
    alert_id,
    race_id: "MOE-20221107-06",
    kind: "SCRATCH",
    runner_id: "39008736",
    number: "1",
    name: "Kahuka",
    headline: "Kahuka is out",
    detail: "",
    event_time,
    expires_at: "2022-11-07T03:35:00Z",
  };
}
