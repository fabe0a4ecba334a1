import { describe, expect, it } from "vitest";
import { StreamParser } from "../src/api/sse";

const stream =
  'event: hello\ndata: {"cursor":"a"}\n\n: ping\n\nid: 7\nevent: prediction\ndata: {"id":1}\n\ndata: x\r\ndata: y\r\n\r\n';
const messages = [
  { type: "hello", data: '{"cursor":"a"}', id: null },
  { type: "comment", data: "ping", id: null },
  { type: "prediction", data: '{"id":1}', id: "7" },
  { type: "message", data: "x\ny", id: null },
];

describe("the event stream", () => {
  it("is cut into the same messages whatever its chunks", () => {
    for (const size of [1, 2, 7, 1000]) {
      const parser = new StreamParser();
      const got = [];
      for (let at = 0; at < stream.length; at += size) got.push(...parser.push(stream.slice(at, at + size)));
      expect(got).toEqual(messages);
    }
  });
});
