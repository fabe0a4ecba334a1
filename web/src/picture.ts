import { download } from "./csv";
import { fontFamily } from "./theme";

/** What stands above a saved chart, so that the picture still says what it is when it travels alone. */
export interface Caption {
  title: string;
  subtitle: string;
  /** Colours as style sheets say them, tokens included. */
  legend: { label: string; colour: string }[];
}

const scale = 2;
const pad = 16;
const painted = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "stroke-linecap",
  "opacity",
  "font-size",
  "font-weight",
  "font-family",
  "text-anchor",
  "dominant-baseline",
];

/** Saves what is drawn inside `body` (canvases and drawings, not texts beside them) as a PNG with its caption. */
export async function savePicture(body: HTMLElement, caption: Caption, name: string): Promise<void> {
  const drawn = [
    ...body.querySelectorAll<HTMLCanvasElement | SVGSVGElement>("canvas, svg:not([aria-hidden])"),
  ];
  const boxes = drawn.map((element) => element.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  const width = Math.max(320, ...boxes.map((box) => box.right - left));
  const height = Math.max(...boxes.map((box) => box.bottom - top));
  const headHeight = 48 + (caption.legend.length > 0 ? 22 : 0);
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil((width + 2 * pad) * scale);
  canvas.height = Math.ceil((height + headHeight + 2 * pad) * scale);
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const colours = getComputedStyle(body);
  const colour = (token: string) => colours.getPropertyValue(`--vs-${token}`);
  pen.scale(scale, scale);
  pen.fillStyle = colour("surface");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  write(pen, caption, colour, width);
  for (const [index, element] of drawn.entries()) {
    const box = boxes[index];
    if (!box || box.width === 0) continue;
    const image = element instanceof SVGSVGElement ? await imageOf(element, box) : element;
    pen.drawImage(image, pad + box.left - left, pad + headHeight + box.top - top, box.width, box.height);
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob) download(name, blob);
}

function write(
  pen: CanvasRenderingContext2D,
  { title, subtitle, legend }: Caption,
  colour: (token: string) => string,
  width: number,
): void {
  pen.textBaseline = "top";
  pen.fillStyle = colour("text");
  pen.font = `600 14px ${fontFamily}`;
  pen.fillText(title, pad, pad, width);
  pen.fillStyle = colour("muted");
  pen.font = `12px ${fontFamily}`;
  pen.fillText(subtitle, pad, pad + 20, width);
  let x = pad;
  for (const { label, colour: hue } of legend) {
    pen.fillStyle = hue.startsWith("var(--vs-") ? colour(hue.slice(9, -1)) : hue;
    pen.fillRect(x, pad + 44, 10, 10);
    pen.fillStyle = colour("muted");
    pen.fillText(label, x + 16, pad + 43);
    x += 32 + pen.measureText(label).width;
  }
}

/** A drawing as an image: style sheets don't reach into images, so every element takes its computed paint along. */
async function imageOf(svg: SVGSVGElement, box: DOMRect): Promise<HTMLImageElement> {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = [svg, ...svg.querySelectorAll("*")];
  for (const [index, element] of [copy, ...copy.querySelectorAll("*")].entries()) {
    const original = originals[index];
    if (!original) continue;
    const style = getComputedStyle(original);
    for (const name of painted) {
      const value = style.getPropertyValue(name);
      if (value) element.setAttribute(name, value.replaceAll('"', "'"));
    }
    element.removeAttribute("class");
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(box.width));
  copy.setAttribute("height", String(box.height));
  const url = URL.createObjectURL(
    new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }),
  );
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } finally {
    URL.revokeObjectURL(url);
  }
  return image;
}
