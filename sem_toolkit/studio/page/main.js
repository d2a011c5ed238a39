// The page's beginning.

import { notice } from "./announce.js";
import { startDividers } from "./dividers.js";
import { Server } from "./server.js";
import { Studio } from "./studio.js";
import { startTheme } from "./theme.js";
import { buildPaneSwitch } from "./tools.js";

startTheme();
buildPaneSwitch();
startDividers();
const server = new Server();
try {
  await new Studio(server).start();
  document.documentElement.dataset.ready = "";
} catch (problem) {
  notice(`The studio could not begin: ${problem.message}`, { kind: "problem" });
  throw problem;
}
