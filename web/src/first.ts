/** Asks for the overview's numbers before the code that will show them is there. */
import { askAhead } from "./api/ahead";
import { batchPath, overviewOf } from "./api/overview";
import { base } from "./base";
import { parseSearch } from "./state/search";

const { pathname, search } = window.location;
if (pathname.replace(/\/$/, "") === `${base}/dashboard`) {
  askAhead(batchPath, JSON.stringify({ queries: overviewOf(parseSearch(search)) }));
}
