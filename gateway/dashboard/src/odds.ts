/** Decimal odds as people read them: decimal, fractional, American, or the probability they imply. */
import { percent } from "./format";

export const ODDS_FORMATS = ["decimal", "fractional", "american", "probability"] as const;
export type OddsFormat = (typeof ODDS_FORMATS)[number];

/** Odds of more than 1.0 in a format; a dash where there is no price. */
export function odds(price: number | null, format: OddsFormat): string {
  if (price === null || !(price > 1)) return "–";
  switch (format) {
    case "decimal":
      return decimal(price);
    case "fractional":
      return fractional(price);
    case "american":
      return american(price);
    case "probability":
      return percent(1 / price);
  }
}

function decimal(price: number): string {
  return price.toFixed(price < 9.995 ? 2 : price < 99.95 ? 1 : 0);
}

function american(price: number): string {
  return price >= 2 ? `+${Math.round((price - 1) * 100)}` : `−${Math.round(100 / (price - 1))}`;
}

/** The fractions British and Irish bookmakers call. */
const CALLED =
  "1/100 1/66 1/50 1/33 1/25 1/20 1/16 1/14 1/12 1/10 1/9 1/8 1/7 1/6 1/5 2/9 1/4 2/7 3/10 1/3 4/11 2/5 4/9 1/2 8/15 " +
  "4/7 8/13 4/6 8/11 4/5 5/6 10/11 1/1 11/10 6/5 5/4 11/8 6/4 13/8 7/4 15/8 2/1 9/4 5/2 11/4 3/1 10/3 7/2 4/1 9/2 " +
  "5/1 11/2 6/1 13/2 7/1 15/2 8/1 17/2 9/1 10/1 11/1 12/1 14/1 16/1 18/1 20/1 22/1 25/1 28/1 33/1 40/1 50/1 66/1 " +
  "80/1 100/1 125/1 150/1 200/1 250/1 300/1 400/1 500/1 1000/1";

const LADDER = CALLED.split(" ").map((called) => {
  const [up = 0, down = 1] = called.split("/").map(Number);
  return { called: called === "1/1" ? "Evs" : called, profit: up / down };
});

/** The called fraction nearest by ratio. */
function fractional(price: number): string {
  const distance = (profit: number): number => Math.abs(Math.log(profit / (price - 1)));
  return LADDER.reduce((best, one) => (distance(one.profit) < distance(best.profit) ? one : best)).called;
}
