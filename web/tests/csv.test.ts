import { expect, it } from "vitest";
import { toCsv } from "../src/csv";

it("quotes what needs it and leaves numbers bare", () => {
  expect(
    toCsv(
      ["a", "b"],
      [
        ['say "hi", then', -1.5],
        [null, 0],
      ],
    ),
  ).toBe('a,b\r\n"say ""hi"", then",-1.5\r\n,0\r\n');
});

it("disarms what a spreadsheet would run", () => {
  for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"]) {
    expect(toCsv(["a"], [[text]])).toBe(`a\r\n'${text}\r\n`);
  }
});
