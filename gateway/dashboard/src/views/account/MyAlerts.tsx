/** What is told to whom signed in: what came, the bell of this browser, rules, channels, and what is followed. */
import { Channels } from "./Channels";
import { Follows } from "./Follows";
import { Notices } from "./Notices";
import { Rules } from "./Rules";

export function MyAlerts() {
  return (
    <div class="cards">
      <Notices />
      <Channels />
      <Rules />
      <Follows />
    </div>
  );
}
