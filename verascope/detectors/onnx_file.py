"""What an ONNX file asks of whoever loads it, read from its bytes before the runtime sees them.

ONNX Runtime tells neither operator domains nor external data, and it resolves external data of a
model given as bytes against the working directory. So this walks the protobuf wire format
(https://protobuf.dev/programming-guides/encoding/) over the few fields of onnx.proto3
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3) that matter, every occurrence of them, and
judges: standard operators only, and all weights inside the file.
"""

from collections.abc import Iterator

STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})

QUANTISATION_OPERATORS = frozenset(
    {
        "DequantizeLinear",
        "DynamicQuantizeLSTM",
        "DynamicQuantizeMatMul",
        "MatMulInteger16",
        "MatMulIntegerToFloat",
        "MatMulNBits",
        "QAttention",
        "QGemm",
        "QLinearAdd",
        "QLinearAveragePool",
        "QLinearConcat",
        "QLinearConv",
        "QLinearGlobalAveragePool",
        "QLinearLeakyRelu",
        "QLinearMul",
        "QLinearReduceMean",
        "QLinearSigmoid",
        "QLinearSoftmax",
        "QLinearWhere",
        "QuantizeLinear",
    }
)
"""What int8 exports need of com.microsoft (onnxruntime ContribOperators.md)."""

MAX_DEPTH = 32
"""Graphs inside attributes of operators inside graphs; real models nest three or four deep."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# message -> {field number: what stands there}; a message name means: walk into it.
_FIELDS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse_tensor"},
    "function": {7: "node", 9: "opset", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor",
        6: "graph",
        10: "tensor",
        11: "graph",
        22: "sparse_tensor",
        23: "sparse_tensor",
    },
    "sparse_tensor": {1: "tensor", 2: "tensor"},
    "tensor": {},
    "opset": {},
}

_NODE_OPERATOR, _NODE_DOMAIN, _OPSET_DOMAIN = 4, 7, 1
_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION = 13, 14


def objections(model: bytes) -> list[str]:
    """Why this model must not be loaded, each reason once; empty when nothing speaks against it.

    Raises ValueError when the bytes are not protobuf.
    """
    return list(dict.fromkeys(_walk("model", memoryview(model), 0)))


def _walk(message: str, data: memoryview, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        raise ValueError(f"graphs nested more than {MAX_DEPTH} deep")
    operator, domain = "", ""
    for number, value in _fields(data):
        if isinstance(value, memoryview):
            if inner := _FIELDS[message].get(number):
                yield from _walk(inner, value, depth + 1)
            elif message == "node" and number == _NODE_OPERATOR:
                operator = _text(value)
            elif (message, number) in (("node", _NODE_DOMAIN), ("opset", _OPSET_DOMAIN)):
                domain = _text(value)
            elif (message, number) == ("tensor", _TENSOR_EXTERNAL_DATA):
                yield "keeps weights outside of the file; a model must be one file"
        elif (message, number) == ("tensor", _TENSOR_DATA_LOCATION) and value != 0:
            yield "keeps weights outside of the file; a model must be one file"
    if domain not in STANDARD_DOMAINS:
        yield f"uses operators of domain {domain!r}; only standard operators are accepted"
    elif domain == "com.microsoft" and message == "node" and operator not in QUANTISATION_OPERATORS:
        yield f"uses com.microsoft.{operator}; of that domain only quantisation is accepted"


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, value) pairs: an int for a varint, bytes for the rest."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == _BYTES:
            length, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} at byte {at}")
        if length > len(data) - at:
            raise ValueError(f"a field of {length} bytes with {len(data) - at} left")
        yield number, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("cut off inside a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than ten bytes")


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8", "replace")
