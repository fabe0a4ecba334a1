/** Asks for the overview's numbers before the code that will show them is there. */
import { askAhead } from "./api/ahead";
import { batchPath, overviewQueries } from "./api/overview";
import { base } from "./base";
import { readRange } from "./state/range";
import { filtersOf, parseSearch } from "./state/search";

const { pathname, search } = window.location;
if (pathname.replace(/\/$/, "") === `${base}/dashboard`) {
  const view = parseSearch(search);
  const queries = overviewQueries(readRange(view.range), view.compare ?? "previous", filtersOf(view));
  askAhead(batchPath, JSON.stringify({ queries }));
}
