import { expect, it } from "vitest";
import { neighbour } from "../src/state/walk";

const keys = ["a", "b", "c"];

it("walks down and up in the order of the list", () => {
  expect(neighbour(keys, "a", "ArrowDown")).toBe("b");
  expect(neighbour(keys, "c", "ArrowUp")).toBe("b");
});

it("stops at both ends", () => {
  expect(neighbour(keys, "c", "ArrowDown")).toBeUndefined();
  expect(neighbour(keys, "a", "ArrowUp")).toBeUndefined();
});

it("goes nowhere from a row that is not in the list, nor by other keys", () => {
  expect(neighbour(keys, "z", "ArrowDown")).toBeUndefined();
  expect(neighbour(keys, undefined, "ArrowDown")).toBeUndefined();
  expect(neighbour(keys, "a", "Enter")).toBeUndefined();
});
