"""LeNet-300-100 with li + lo, or LeNet-5-Caffe, and Adam in Keras on TensorFlow: the whole step as one graph, with or without XLA."""

import keras
import numpy as np
import tensorflow as tf
from contestant import LABELS, POOL, REQUEST, serve

tf.config.threading.set_intra_op_parallelism_threads(REQUEST["threads"])
tf.config.threading.set_inter_op_parallelism_threads(REQUEST["threads"])
keras.utils.set_random_seed(REQUEST["seed"])

CONVOLUTIONAL = REQUEST["network"] == "lenet-5-caffe"
images = tf.constant(POOL.reshape(-1, 28, 28, 1) if CONVOLUTIONAL else POOL)
labels = tf.constant(LABELS)
generator = np.random.default_rng(REQUEST["seed"])


class DropNeuron(keras.Regularizer):
    def __init__(self, strength):
        self.strength = strength

    def __call__(self, kernel):
        squares = tf.square(kernel)
        norms = [tf.sqrt(tf.reduce_sum(squares, axis=axis)) for axis in (0, 1)]
        return self.strength * (tf.reduce_sum(norms[0]) + tf.reduce_sum(norms[1]))


def dense(units, activation=None):
    return keras.layers.Dense(units, activation=activation, kernel_regularizer=DropNeuron(REQUEST["lambda"]))


if CONVOLUTIONAL:
    model = keras.Sequential(
        [
            keras.Input([28, 28, 1]),
            keras.layers.Conv2D(20, 5),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(50, 5),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(500, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
else:
    model = keras.Sequential([keras.Input([784]), dense(300, "relu"), dense(100, "relu"), dense(10)])
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(1e-3)
optimizer.build(model.trainable_variables)


@tf.function(jit_compile=REQUEST["xla"])
def train_step(indices):
    with tf.GradientTape() as tape:
        loss = loss_of(tf.gather(labels, indices), model(tf.gather(images, indices), training=True))
        total = loss if CONVOLUTIONAL else loss + tf.add_n(model.losses)
    optimizer.apply(tape.gradient(total, model.trainable_weights), model.trainable_weights)
    return loss


serve(
    lambda: tf.constant(generator.permutation(len(LABELS)).astype(np.int32)),
    train_step,
    {"keras": keras.__version__, "tensorflow": tf.__version__},
    f"Keras {keras.__version__} on TensorFlow {tf.__version__}, {'XLA' if REQUEST['xla'] else 'graph mode'}, {REQUEST['threads']} threads",
)
