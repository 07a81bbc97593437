/** Starts the dashboard. */
import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/day.css";
import "./styles/race.css";
import "./styles/runners.css";
import "./styles/account.css";
import { followAddress } from "./route";
import { start } from "./store";
import { App } from "./views/App";

followAddress();
start();
const root = document.getElementById("app");
if (root) render(<App />, root);
