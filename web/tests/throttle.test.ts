import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { throttled } from "../src/state/throttle";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("runs soon after the first call and at most once a second after that", async () => {
  const work = vi.fn(async () => {});
  const request = throttled(work, 80, 1_000);
  request();
  request();
  await vi.advanceTimersByTimeAsync(80);
  expect(work).toHaveBeenCalledTimes(1);
  for (let n = 0; n < 10; n += 1) {
    request();
    await vi.advanceTimersByTimeAsync(90);
  }
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(work).toHaveBeenCalledTimes(2);
});

it("answers calls that came during a run with one more run", async () => {
  let finish = () => {};
  const work = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const request = throttled(work, 0, 100);
  request();
  await vi.advanceTimersByTimeAsync(0);
  request();
  await vi.advanceTimersByTimeAsync(500);
  expect(work).toHaveBeenCalledTimes(1);
  finish();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(work).toHaveBeenCalledTimes(2);
});

it("asks a slow server less often: never for more than a quarter of the time", async () => {
  const work = vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, 600)));
  const request = throttled(work, 0, 1_000);
  request();
  await vi.advanceTimersByTimeAsync(700);
  request();
  await vi.advanceTimersByTimeAsync(1_600);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(work).toHaveBeenCalledTimes(2);
});
