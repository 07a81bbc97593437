/** What the gateway sends: a race's whole state and its history, as JSON. Times are ISO 8601, prices decimal odds. */

export type RaceStatus = "SCHEDULED" | "SUSPENDED" | "OFF" | "IN_PLAY" | "CLOSED" | "ABANDONED";
export type RunnerStatus = "ACTIVE" | "SCRATCHED" | "ALSO_ELIGIBLE";
export type Freshness = "fresh" | "stale" | "unknown";
export type Trend = "STEAM" | "DRIFT" | "STEADY";
export type AlertKind = "SCRATCH" | "RE_ENTRY" | "VALUE" | "STEAM" | "DRIFT" | "NEW_FAVOURITE"
  | "RIDER" | "EQUIPMENT" | "WEIGHT" | "GOING" | "RESULT" | "CONFIDENCE";

export interface ScratchNote {
  readonly time: string;
  /** Per cent taken off winnings on the other runners. */
  readonly reduction_factor: number | null;
  readonly reason: string | null;
}

export interface Runner {
  readonly runner_id: string;
  readonly number: string | null;
  readonly name: string | null;
  readonly status: RunnerStatus;
  readonly betting_interest: string | null;
  readonly jockey_name: string | null;
  readonly back: number | null;
  readonly back_size: number | null;
  readonly lay: number | null;
  readonly lay_size: number | null;
  readonly last: number | null;
  readonly traded: number | null;
  readonly starting_price: number | null;
  readonly win_probability: number | null;
  readonly place_probability: number | null;
  readonly fair_odds: number | null;
  /** Relative change of the price over 1, 5 and 30 minutes; -0.08 is 8 % shorter. */
  readonly movement: readonly (number | null)[];
  readonly trend: Trend;
  readonly scratch: ScratchNote | null;
  readonly finish_position: number | null;
  /** What form alone says; null without form or model. */
  readonly fundamental_probability: number | null;
  /** What the market alone says. */
  readonly public_probability: number | null;
  /** The last placings, the latest last. */
  readonly form: string;
  /** Projected position at the early, middle and late call and at the finish; empty without a pace. */
  readonly pace: readonly number[];
  /** Standard deviation of each of these positions. */
  readonly pace_spreads: readonly number[];
  /** What a stake of 1 gains on average at the best price, after commission; null where nothing is offered. */
  readonly expected_value: number | null;
  /** Where the price is projected to close. */
  readonly projected_price: number | null;
  readonly expected_value_at_close: number | null;
  /** Why form makes more of a runner over 10-1 than the market does; null of all others. */
  readonly longshot: string | null;
}

export interface RaceResult {
  readonly state: "UNOFFICIAL" | "OFFICIAL";
  readonly winners: readonly string[];
  readonly time: string;
}

export interface Alert {
  readonly alert_id: string;
  readonly kind: AlertKind;
  readonly runner_id: string | null;
  readonly headline: string;
  /** What it changes in the race and why, in words; empty where nothing is known of that. */
  readonly detail: string;
  readonly event_time: string;
}

export interface RaceState {
  readonly race_id: string;
  readonly revision: number;
  readonly track_code: string;
  readonly track_name: string;
  readonly country: string;
  readonly time_zone: string;
  readonly race_date: string;
  readonly race_number: number | null;
  readonly race_name: string | null;
  readonly scheduled_off: string | null;
  readonly off_time: string | null;
  readonly status: RaceStatus;
  readonly distance_furlongs: number | null;
  readonly surface: string | null;
  readonly track_condition: string | null;
  readonly places_paid: number | null;
  readonly event_time: string;
  readonly recorded_time: string;
  readonly freshness: Freshness;
  readonly age_seconds: number | null;
  readonly prediction_id: string | null;
  readonly model_versions: Readonly<Record<string, string>>;
  readonly overround: number | null;
  readonly confidence: number | null;
  readonly traded: number | null;
  readonly why: readonly string[];
  readonly runners: readonly Runner[];
  readonly result: RaceResult | null;
  readonly alerts: readonly Alert[];
  readonly basis: string;
  readonly form_id: string | null;
  readonly pace_words: string;
}

export interface Note {
  readonly kind: string;
  /** From -1, against the runner, to 1, for it. */
  readonly severity: number;
  readonly confidence: number;
  readonly text: string;
}

export interface RunnerForm {
  readonly runner_id: string;
  readonly annotations: readonly Note[];
  readonly contributions: readonly { readonly feature: string; readonly value: number; readonly text: string }[];
}

export interface RaceForm {
  readonly race_id: string;
  readonly form_id: string | null;
  readonly basis: string;
  readonly runners: readonly RunnerForm[];
}

/** One bet of an exotic pool: the interests by place, each with the ids of who runs for it. */
export interface Bet {
  readonly numbers: readonly (string | null)[];
  readonly runner_ids: readonly (readonly string[])[];
  readonly probability: number;
  readonly fair_dividend: number;
}

export interface RaceExotics {
  readonly race_id: string;
  readonly pool: string;
  readonly ordered: boolean;
  readonly combinations: readonly Bet[];
}

/** An alert as the channel of alerts tells it. */
export interface AlertEvent extends Alert {
  readonly race_id: string;
  readonly number: string | null;
  readonly name: string | null;
  readonly expires_at: string;
}

/** An alert that one's own rule asked for, as the channel `alerts:me` tells it. */
export interface NoticeEvent {
  readonly alert_id: string;
  readonly race_id: string;
  readonly kind: string;
  readonly title: string;
  readonly text: string;
  readonly event_time: string;
}

export interface RaceDay {
  readonly server_time: string;
  readonly races: readonly RaceState[];
}

export interface RaceHistory {
  readonly race_id: string;
  readonly bar_seconds: number;
  /** Epoch seconds, rising; each runner's prices stand beside them. */
  readonly times: readonly number[];
  readonly runners: readonly { readonly runner_id: string; readonly prices: readonly (number | null)[] }[];
}

/** Whether a value can be shown as a race; an unreadable one is better dropped than half shown. */
export function isRaceState(value: unknown): value is RaceState {
  if (typeof value !== "object" || value === null) return false;
  const state = value as Partial<RaceState>;
  return (
    typeof state.race_id === "string" &&
    typeof state.revision === "number" &&
    [state.runners, state.alerts, state.why].every(Array.isArray)
  );
}

/** Whether a value can be shown as an alert. */
export function isAlertEvent(value: unknown): value is AlertEvent {
  if (typeof value !== "object" || value === null) return false;
  const event = value as Partial<AlertEvent>;
  return [event.alert_id, event.race_id, event.kind, event.headline, event.event_time].every(
    (field) => typeof field === "string",
  );
}

/** Whether a value can be shown as an alert of one's own. */
export function isNoticeEvent(value: unknown): value is NoticeEvent {
  if (typeof value !== "object" || value === null) return false;
  const event = value as Partial<NoticeEvent>;
  return [event.alert_id, event.race_id, event.kind, event.title, event.text, event.event_time].every(
    (field) => typeof field === "string",
  );
}
