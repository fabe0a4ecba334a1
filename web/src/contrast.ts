/** Contrast of colours (`#rrggbb`) as WCAG 2.2 defines it, and colours moved until they have enough of it. */

/** Level AA for text of any size. */
export const enough = 4.5;
/** A little more is aimed at, because a colour has only 256 steps a channel. */
const aimed = 4.55;

/** Red, green and blue as amounts of light, 0 to 1. */
function lights(colour: string): number[] {
  return [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
}

function colourOf(amounts: number[]): string {
  return hexOf(
    amounts.map((light) => 255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055)),
  );
}

function hexOf(channels: number[]): string {
  return `#${channels.map((channel) => Math.round(channel).toString(16).padStart(2, "0")).join("")}`;
}

/** Relative luminance, 0 (black) to 1 (white). */
export function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = lights(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 (the same) to 21 (black on white). */
export function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** The colour in this luminance: with less light of its own, or mixed with white, which keeps more of the hue than adding light. */
export function withLuminance(colour: string, wanted: number): string {
  const own = luminance(colour);
  if (wanted <= own) return colourOf(lights(colour).map((light) => (own === 0 ? 0 : (light * wanted) / own)));
  let [least, most] = [0, 1];
  for (let step = 0; step < 12; step++) {
    const share = (least + most) / 2;
    if (luminance(tint(colour, share)) < wanted) least = share;
    else most = share;
  }
  return tint(colour, most);
}

function tint(colour: string, white: number): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return hexOf(channels.map((channel) => channel + (255 - channel) * white));
}

/** The colour, no darker than it must be to be read on each of `others`, or they on it. */
export function darkened(colour: string, others: string[]): string {
  if (others.every((other) => contrast(colour, other) >= enough)) return colour;
  const darkest = Math.min(...others.map(luminance));
  return withLuminance(colour, Math.max(0, (darkest + 0.05) / aimed - 0.05));
}

/** The colour, no lighter than it must be to be read on each of `others`, or they on it. */
export function lightened(colour: string, others: string[]): string {
  if (others.every((other) => contrast(colour, other) >= enough)) return colour;
  const lightest = Math.max(...others.map(luminance));
  return withLuminance(colour, Math.min(1, aimed * (lightest + 0.05) - 0.05));
}

/** Whichever of `texts` reads best on the colour. */
export function readable(colour: string, texts: string[]): string {
  return texts.reduce((best, text) => (contrast(text, colour) > contrast(best, colour) ? text : best));
}
