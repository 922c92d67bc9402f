"""Makes lip-test.onnx: the mouth's contract (models/ says which) in four nodes, for tests that need no trained network.

    python3 testing/make_lip_test_model.py testing/lip-test.onnx        # needs the onnx package

out = reference face (channels 3..5 of `face`) + mean(mel) / 8: a mel of -4 everywhere darkens the face by half, 0 changes nothing.
"""
import sys
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

S = 32
const = lambda name, values, dtype: numpy_helper.from_array(np.array(values, dtype), name)
graph = helper.make_graph(
    [
        helper.make_node('Slice', ['face', 'from', 'to', 'axis'], ['reference']),
        helper.make_node('ReduceMean', ['mel', 'axes'], ['mean'], keepdims=1),
        helper.make_node('Mul', ['mean', 'gain'], ['change']),
        helper.make_node('Add', ['reference', 'change'], ['out']),
    ],
    'lip-test',
    [
        helper.make_tensor_value_info('mel', TensorProto.FLOAT, ['N', 1, 80, 16]),
        helper.make_tensor_value_info('face', TensorProto.FLOAT, ['N', 6, S, S]),
    ],
    [helper.make_tensor_value_info('out', TensorProto.FLOAT, ['N', 3, S, S])],
    [
        const('from', [3], np.int64),
        const('to', [6], np.int64),
        const('axis', [1], np.int64),
        const('axes', [1, 2, 3], np.int64),
        const('gain', 0.125, np.float32),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=9)
onnx.checker.check_model(model)
onnx.save(model, sys.argv[1])
