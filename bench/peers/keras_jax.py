"""The networks of the bench in Keras on JAX: the whole step compiled, its state donated, as Keras' guide to custom training loops in JAX has it."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np
from contestant import LABELS, POOL, REQUEST, serve
from keras_networks import build, pool

keras.utils.set_random_seed(REQUEST["seed"])

rows, targets = (jax.device_put(part) for part in pool(POOL, LABELS))
generator = np.random.default_rng(REQUEST["seed"])
model, loss_of, optimizer = build()


def objective(trainable, fixed, x, y):
    predictions, fixed, losses = model.stateless_call(trainable, fixed, x, training=True, return_losses=True)
    loss = loss_of(y, predictions)
    return loss + sum(losses), (loss, fixed)


def step(state, rows, targets, indices):
    trainable, fixed, slots = state
    gradients, (loss, fixed) = jax.grad(objective, has_aux=True)(trainable, fixed, rows[indices], targets[indices])
    trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
    return loss, (trainable, fixed, slots)


compiled = jax.jit(step, donate_argnums=0)
state = tuple(
    [variable.value for variable in variables]
    for variables in (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
)


def train_step(indices):
    global state
    loss, state = compiled(state, rows, targets, indices)
    return loss


serve(
    lambda: generator.permutation(len(LABELS)).astype(np.int32),
    train_step,
    {"keras": keras.__version__, "jax": jax.__version__},
    f"Keras {keras.__version__} on JAX {jax.__version__}, compiled",
)
