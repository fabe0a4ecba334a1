import { expect, it } from "vitest";
import { baseOf } from "../src/base";
import { found } from "../src/state/choices";

const act = () => {};
const choices = [
  { key: "1", label: "Last 7 days", group: "Range", act },
  { key: "2", label: "Overview", group: "Pages", act },
  { key: "3", label: "Verity", group: "Clients", words: "only Verity", act },
];

it("finds by every typed word, in label, group and further words", () => {
  expect(found(choices, "days ra").map(({ key }) => key)).toEqual(["1"]);
  expect(found(choices, "ver").map(({ key }) => key)).toEqual(["3", "2"]);
  expect(found(choices, "  ")).toBe(choices);
  expect(found(choices, "nothing")).toEqual([]);
});

it("knows the demonstration by its address", () => {
  expect(["/demo/dashboard", "/demo", "/dashboard", "/demos/x", "/dashboard/demo/"].map(baseOf)).toEqual([
    "/demo",
    "/demo",
    "",
    "",
    "",
  ]);
});
