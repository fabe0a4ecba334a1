import type { Outcome } from "../api/types";
import type { Palette } from "../theme";

/** An outcome's fill on a canvas: uncertain leans one way, what isn't finished the other. */
export function fill(name: Outcome, unfinished: boolean, palette: Palette) {
  if (unfinished) return stripes(palette.surface, palette[name], "\\");
  return name === "uncertain" ? stripes(palette.uncertainStripe, palette.uncertain, "/") : palette[name];
}

const drawn = new Map<string, HTMLCanvasElement>();

export function stripes(thin: string, wide: string, lean: "/" | "\\") {
  const key = `${thin} ${wide} ${lean}`;
  let image = drawn.get(key);
  if (!image) {
    image = document.createElement("canvas");
    image.width = 16;
    image.height = 16;
    const pen = image.getContext("2d");
    if (pen) {
      pen.fillStyle = wide;
      pen.fillRect(0, 0, 16, 16);
      pen.strokeStyle = thin;
      pen.lineWidth = 4.5;
      for (const shift of [-16, 0, 16]) {
        pen.beginPath();
        pen.moveTo(shift - 4, lean === "/" ? 20 : -4);
        pen.lineTo(shift + 20, lean === "/" ? -4 : 20);
        pen.stroke();
      }
    }
    drawn.set(key, image);
  }
  return { type: "pattern" as const, image, repeat: "repeat" as const, scaleX: 0.5, scaleY: 0.5 };
}
