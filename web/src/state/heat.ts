import type { Explanation } from "../api/types";

/** Red, green, blue and opacity, 0 to 255. */
export type Pixel = [number, number, number, number];

const strongest = 190;

/** One pixel a cell: what speaks for fake in one colour, for real in the other, as opaque as it is strong. */
export function pixelsOf({ values }: Explanation, fake: Pixel, real: Pixel): Pixel[][] {
  const most = Math.max(1e-9, ...values.flat().map(Math.abs));
  return values.map((row) =>
    row.map((value): Pixel => {
      const [red, green, blue] = value > 0 ? fake : real;
      return [red, green, blue, Math.round((Math.abs(value) / most) * strongest)];
    }),
  );
}

/** The map in words: where the strongest sign of each kind lies. */
export function heatWords({ values, rows, columns }: Explanation): string {
  const cells = values.flatMap((row, y) => row.map((value, x) => ({ value, x, y })));
  const fake = cells.reduce((best, cell) => (cell.value > best.value ? cell : best));
  const real = cells.reduce((best, cell) => (cell.value < best.value ? cell : best));
  const where = ({ x, y }: { x: number; y: number }) =>
    `${thirds(y, rows, ["top", "middle", "bottom"])} ${thirds(x, columns, ["left", "centre", "right"])}`;
  const parts = [
    ...(fake.value > 0 ? [`Strongest sign of fake: ${where(fake)} (${fake.value.toFixed(1)} points)`] : []),
    ...(real.value < 0
      ? [`strongest sign of real: ${where(real)} (${(-real.value).toFixed(1)} points)`]
      : []),
  ];
  const text = parts.join("; ");
  return text === ""
    ? "No part of the image changes the verdict."
    : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function thirds(at: number, of: number, names: [string, string, string]): string {
  return names[Math.min(2, Math.floor(((at + 0.5) / of) * 3))] ?? names[1];
}
