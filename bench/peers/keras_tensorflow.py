"""The networks of the bench in Keras on TensorFlow: the whole step as one graph, with or without XLA."""

import keras
import numpy as np
import tensorflow as tf
from contestant import LABELS, POOL, REQUEST, serve
from keras_networks import build, pool

tf.config.threading.set_intra_op_parallelism_threads(REQUEST["threads"])
tf.config.threading.set_inter_op_parallelism_threads(REQUEST["threads"])
keras.utils.set_random_seed(REQUEST["seed"])

rows, targets = (tf.constant(part) for part in pool(POOL, LABELS))
generator = np.random.default_rng(REQUEST["seed"])
model, loss_of, optimizer = build()


@tf.function(jit_compile=REQUEST["xla"])
def train_step(indices):
    with tf.GradientTape() as tape:
        loss = loss_of(tf.gather(targets, indices), model(tf.gather(rows, indices), training=True))
        total = tf.add_n([loss, *model.losses])
    optimizer.apply(tape.gradient(total, model.trainable_weights), model.trainable_weights)
    return loss


serve(
    lambda: tf.constant(generator.permutation(len(LABELS)).astype(np.int32)),
    train_step,
    {"keras": keras.__version__, "tensorflow": tf.__version__},
    f"Keras {keras.__version__} on TensorFlow {tf.__version__}, {'XLA' if REQUEST['xla'] else 'graph mode'}, {REQUEST['threads']} threads",
)
