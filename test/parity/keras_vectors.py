"""Writes golden vectors from Keras on TensorFlow, in float64: python keras_vectors.py FOLDER."""

import sys

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights
from common import (
    activation_points,
    cases,
    classes,
    flat,
    label,
    one_hot,
    plain,
    step_batch,
    step_parameters,
    step_rate,
    volume,
    wave,
    write,
)

keras.config.set_floatx("float64")
tf.config.threading.set_intra_op_parallelism_threads(1)
ORACLE = f"Keras {keras.__version__}, TensorFlow {tf.__version__}, float64"


def number(x):
    return tf.constant(x, dtype=tf.float64)


def shaped(shape, salt, scale=1.0):
    return number(np.reshape(np.array(wave(volume(shape), salt)) * scale, shape))


def with_gradient(function, *inputs):
    """The function's value, and the gradient of Σ upstream · value for each input, with the upstream numbers of wave(·, 7)."""
    with tf.GradientTape() as tape:
        for one in inputs:
            tape.watch(one)
        value = function(*inputs)
        total = tf.reduce_sum(value * shaped(value.shape, 7))
    return value, tape.gradient(total, list(inputs))


def activations(section):
    points = number(activation_points(section))
    for case in section["cases"]:
        function = getattr(keras.activations, case["word"])
        value, (slope,) = with_gradient(lambda x: function(x, **case.get("arguments", {})), points)
        yield label(case), {"value": flat(value), "gradient": flat(slope)}


# Metrics that take probabilities, and targets of 0 and 1.
OF_CLASSES = ("auc", "f1", "precision", "recall", "top_k")


def target_of(case, rows, salt):
    """Targets that suit a loss or metric."""
    shape = case["shape"]
    if case["word"] == "sparse_categorical_crossentropy" or case.get("form") == "classes":
        return tf.constant(classes(rows, salt, shape[-1]), dtype=tf.int32)
    if case["word"] == "categorical_crossentropy" or (case["word"] in ("accuracy", "top_k") and shape[-1] > 1):
        labels = classes(rows * volume(shape[:-1]), salt, shape[-1])
        return number(np.reshape(one_hot(labels, shape[-1]), [rows, *shape]))
    if case["word"] in ("binary_crossentropy", "accuracy", *OF_CLASSES):
        return number(np.reshape([float(x > 0) for x in wave(rows * volume(shape), salt)], [rows, *shape]))
    numbers = np.reshape(np.array(wave(rows * volume(shape), salt)), [rows, *shape])
    if case["word"] == "hinge":
        signs = np.sign(numbers) if case.get("labels") == "mixed" else np.where(numbers > 0, 1.0, -1.0)
        if case.get("labels") == "mixed":
            signs[0] = 0.0
        return number(np.maximum(signs, 0.0) if case.get("labels") == "binary" else signs)
    if case["word"] == "kl_divergence":
        return number((numbers + 1) / 2)
    if case["word"] == "poisson":
        return number(np.floor(4 * (numbers + 1)))
    return number(numbers)


def outputs_of(case, rows, salt):
    """Predictions that suit a loss: positive ones where it takes their logarithm."""
    if case["word"] in ("kl_divergence", "poisson"):
        return shaped([rows, *case["shape"]], salt, 0.5) + 0.515625
    return shaped([rows, *case["shape"]], salt, case.get("scale", 3))


def losses(section):
    rows = section["rows"]
    for case in section["cases"]:
        arguments = case.get("arguments", {})
        kinds = {
            "hinge": keras.losses.Hinge,
            "huber": keras.losses.Huber,
            "kl_divergence": keras.losses.KLDivergence,
            "log_cosh": keras.losses.LogCosh,
            "mean_absolute_error": keras.losses.MeanAbsoluteError,
            "mean_squared_error": keras.losses.MeanSquaredError,
            "poisson": keras.losses.Poisson,
            "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
            "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
            "binary_crossentropy": keras.losses.BinaryCrossentropy,
        }
        loss = kinds[case["word"]](reduction="sum_over_batch_size", **arguments)
        outputs = outputs_of(case, rows, 3)
        target = target_of(case, rows, 4)
        ending = {"categorical": keras.activations.softmax, "sparse": keras.activations.softmax, "binary": keras.activations.sigmoid}
        through = ending.get(case["word"].split("_")[0]) if arguments.get("from_logits") is False else None
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            value = loss(target, through(outputs) if through else outputs)
        yield label(case), {"value": plain(value), "gradient": flat(tape.gradient(value, outputs))}


def metric_of(case):
    arguments = case.get("arguments", {})
    if case["word"] == "top_k":
        kind = keras.metrics.SparseTopKCategoricalAccuracy if case["form"] == "classes" else keras.metrics.TopKCategoricalAccuracy
        return kind(**arguments)
    if case["word"] == "f1":
        # One unit has a threshold of one half here.
        given = {"threshold": 0.5} if case["shape"][-1] == 1 else {}
        return keras.metrics.F1Score(**{"average": "macro", **given, **arguments})
    kinds = {
        "auc": keras.metrics.AUC,
        "mae": keras.metrics.MeanAbsoluteError,
        "mse": keras.metrics.MeanSquaredError,
        # Keras has no nmse; the mean squared error over the variance is 1 - R².
        "nmse": keras.metrics.R2Score,
        "precision": keras.metrics.Precision,
        "recall": keras.metrics.Recall,
    }
    return kinds[case["word"]](**arguments)


def metrics(section):
    for case in section["cases"]:
        shape = case["shape"]
        if case["word"] == "accuracy":
            metric = (
                keras.metrics.SparseCategoricalAccuracy()
                if case["form"] == "classes"
                else keras.metrics.CategoricalAccuracy()
                if shape[-1] > 1
                else keras.metrics.BinaryAccuracy(threshold=0.5)
            )
        else:
            metric = metric_of(case)
        for batch, rows in enumerate(section["batches"]):
            target, outputs = target_of(case, rows, 40 + batch), shaped([rows, *shape], 30 + batch)
            if case["word"] in OF_CLASSES:
                # TensorFlow's in_top_k takes float32 alone, which holds these numbers exactly.
                outputs = tf.cast((outputs + 1) / 2, tf.float32 if case["word"] == "top_k" else tf.float64)
                if case["form"] == "classes" and case["word"] != "top_k":
                    # Keras takes these metrics of one-hot rows alone.
                    target = tf.one_hot(target, shape[-1], dtype=tf.float64)
            metric.update_state(target, outputs)
        # Metrics accumulate in float32 whatever floatx says.
        found = float(metric.result())
        yield label(case), {"value": plain(1 - found if case["word"] == "nmse" else found)}


def optimizer_of(case, learning_rate):
    kinds = {
        "adagrad": keras.optimizers.Adagrad,
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "lion": keras.optimizers.Lion,
        "nadam": keras.optimizers.Nadam,
        "rmsprop": keras.optimizers.RMSprop,
        "sgd": keras.optimizers.SGD,
    }
    # What dnc writes in its train section is the optimizer's in Keras.
    names = {"clip_value": "clipvalue", "clip_norm": "clipnorm", "global_clip_norm": "global_clipnorm", "ema_momentum": "ema_momentum"}
    train = {names[key]: value for key, value in case.get("train", {}).items() if key in names}
    if "ema_momentum" in train:
        train["use_ema"] = True
    return kinds[case.get("word") or case["optimizer"]](learning_rate=learning_rate, **case.get("arguments", {}), **train)


def optimizers(section):
    shape = section["shape"]
    for case in section["cases"]:
        variable = keras.Variable(shaped(shape, 11), dtype="float64")
        optimizer = optimizer_of(case, case["learning_rate"])
        path = []
        for step in range(section["steps"]):
            optimizer.apply([shaped(shape, 500 + step)], [variable])
            path.append(flat(variable.value))
        yield label(case), {"first": path[0], "last": path[-1]}


def schedule_of(word, arguments, steps):
    """Keras' schedule; what dnc calls otherwise is translated."""
    kinds = keras.optimizers.schedules
    if word == "cosine":
        return kinds.CosineDecay(decay_steps=steps, **arguments)
    if word == "cosine_restarts":
        return kinds.CosineDecayRestarts(**arguments)
    if word == "exponential":
        return kinds.ExponentialDecay(**arguments)
    if word == "step":
        return kinds.ExponentialDecay(arguments["initial_learning_rate"], arguments["every"], arguments["factor"], staircase=True)
    if word == "polynomial":
        return kinds.PolynomialDecay(**arguments)
    if word == "piecewise":
        return kinds.PiecewiseConstantDecay(**arguments)
    rise, then = arguments["warmup_steps"], arguments["schedule"]["arguments"]
    return kinds.CosineDecay(
        arguments["from"],
        decay_steps=steps - rise,
        alpha=then["alpha"],
        warmup_target=then["initial_learning_rate"],
        warmup_steps=rise,
    )


class Watched:
    """As much of a model as a callback looks at."""

    def __init__(self, learning_rate=1.0):
        self.optimizer = keras.optimizers.SGD(learning_rate)
        self.metrics, self.stop_training, self.weights = [], False, None

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def callbacks(section):
    for case in section["cases"]:
        model = Watched()
        if case["word"] == "early_stopping":
            callback = keras.callbacks.EarlyStopping("val_loss", restore_best_weights=True, **case["arguments"])
        else:
            callback = keras.callbacks.ReduceLROnPlateau("val_loss", **case["arguments"])
        callback.set_model(model)
        callback.on_train_begin()
        rates = []
        for epoch, loss in enumerate(section["losses"]):
            model.weights = epoch
            callback.on_epoch_end(epoch, {"val_loss": loss})
            rates.append(float(model.optimizer.learning_rate))
            if model.stop_training:
                break
        callback.on_train_end()
        # The weights at the end are the number of the epoch that they are from.
        yield label(case), {"epochs": len(rates), "weights": model.weights, "rates": plain(rates)}


def schedules(section):
    for case in section["cases"]:
        arguments = case["arguments"]
        if case["word"] == "constant":
            values = [arguments["value"]] * (section["steps"] + 1)
        else:
            schedule = schedule_of(case["word"], arguments, section["steps"])
            values = [float(schedule(step)) for step in range(section["steps"] + 1)]
        yield label(case), {"value": plain(values)}


def initializers(section):
    kinds = {
        "constant": keras.initializers.Constant,
        "glorot_normal": keras.initializers.GlorotNormal,
        "glorot_uniform": keras.initializers.GlorotUniform,
        "he_normal": keras.initializers.HeNormal,
        "he_uniform": keras.initializers.HeUniform,
        "lecun_normal": keras.initializers.LecunNormal,
        "lecun_uniform": keras.initializers.LecunUniform,
        "identity": keras.initializers.Identity,
        "normal": keras.initializers.RandomNormal,
        "orthogonal": keras.initializers.Orthogonal,
        "variance_scaling": keras.initializers.VarianceScaling,
        "ones": keras.initializers.Ones,
        "truncated_normal": keras.initializers.TruncatedNormal,
        "uniform": keras.initializers.RandomUniform,
        "zeros": keras.initializers.Zeros,
    }
    for case in section["cases"]:
        arguments = dict(case.get("arguments", {}))
        if case["word"] not in ("constant", "identity", "ones", "zeros"):
            arguments["seed"] = 7
        drawn = np.array(kinds[case["word"]](**arguments)(section["shape"]))
        yield label(case), {
            "mean": plain(drawn.mean()),
            "deviation": plain(drawn.std()),
            "low": plain(drawn.min()),
            "high": plain(drawn.max()),
            "quantiles": plain(np.quantile(drawn, section["quantiles"])),
        }


class LocalResponseNormalization(keras.layers.Layer):
    """Keras has none; TensorFlow's takes float32 alone."""

    def __init__(self, **arguments):
        super().__init__()
        self.arguments = arguments

    def call(self, x):
        return tf.cast(tf.nn.local_response_normalization(tf.cast(x, tf.float32), **self.arguments), tf.float64)


class PositionEmbedding(keras.layers.Layer):
    """As keras_hub.layers.PositionEmbedding, which is not asked itself: it would bring a text library along."""

    def __init__(self, sequence_length):
        super().__init__()
        self.sequence_length = sequence_length

    def build(self, shape):
        self.position_embeddings = self.add_weight(shape=[self.sequence_length, shape[-1]], name="embeddings")

    def call(self, x):
        return keras.ops.broadcast_to(self.position_embeddings[: x.shape[-2]], keras.ops.shape(x))


class Split(keras.layers.Layer):
    """keras.ops.split, by sizes where there is a list."""

    def __init__(self, parts, axis=-1):
        super().__init__()
        self.parts = parts if isinstance(parts, int) else list(np.cumsum(parts[:-1]))
        self.axis = axis

    def call(self, x):
        return keras.ops.split(x, self.parts, axis=self.axis)


class Slice(keras.layers.Layer):
    """A slice of one axis."""

    def __init__(self, start, stop=None, axis=-1):
        super().__init__()
        self.bounds, self.axis = slice(start, stop), axis

    def call(self, x):
        at = [slice(None)] * len(x.shape)
        at[self.axis] = self.bounds
        return x[tuple(at)]


OWN_LAYERS = {one.__name__: one for one in (LocalResponseNormalization, PositionEmbedding, Split, Slice)}


def layer_of(case):
    kind = OWN_LAYERS.get(case["kind"]) or getattr(keras.layers, case["kind"])
    # An argument that is a layer itself, as wrappers take it.
    arguments = {
        name: layer_of(value) if isinstance(value, dict) and "kind" in value else value
        for name, value in case.get("arguments", {}).items()
    }
    return kind(**arguments)


def called(layer, case, inputs, **how):
    """The layer's output: merges take a list, attention its tensors by themselves."""
    if case["kind"] == "MultiHeadAttention":
        return layer(*(inputs * 2 if len(inputs) == 1 else inputs), **case.get("call", {}), **how)
    return layer(inputs[0] if len(inputs) == 1 else inputs, **how)


def input_of(case, rows, shape, salt):
    """Numbers of a wave, or whole ones where the layer reads indices."""
    if "whole" not in case:
        return shaped([rows, *shape], salt, 2)
    return number(np.reshape(np.array(classes(rows * volume(shape), salt, case["whole"]), dtype=float), [rows, *shape]))


def layers(section):
    for case in section["cases"]:
        layer = layer_of(case)
        shapes = case.get("inputs") or [case["input"]]
        xs = [input_of(case, section["rows"], shape, 3 + 1000 * k) for k, shape in enumerate(shapes)]
        called(layer, case, xs, training=False) if accepts_training(layer) else called(layer, case, xs)
        for at, weight in enumerate(layer.weights):
            start = shaped(weight.shape, 20 + at)
            # State that gradients do not move, such as a variance, is positive.
            weight.assign(start if weight.trainable else 1 + start / 2)
        weights = [weight.value for weight in layer.weights]
        how = {"training": case.get("training", False)} if accepts_training(layer) else {}
        with tf.GradientTape() as tape:
            for one in [*xs, *weights]:
                tape.watch(one)
            value = called(layer, case, xs, **how)
            values = value if isinstance(value, (list, tuple)) else [value]
            total = tf.add_n([tf.reduce_sum(one * shaped(one.shape, 7 + k)) for k, one in enumerate(values)])
        slopes = [
            tf.zeros_like(of) if slope is None else tf.convert_to_tensor(slope)
            for of, slope in zip([*xs, *weights], tape.gradient(total, [*xs, *weights]))
        ]
        state = [flat(weight) for weight in layer.weights if not weight.trainable] if case.get("training") else []
        yield label(case), {
            "shape": list(values[0].shape),
            **({"shapes": [list(one.shape) for one in values]} if len(values) > 1 else {}),
            "value": [x for one in values for x in flat(one)],
            "gradient": [x for slope in slopes[: len(xs)] for x in flat(slope)],
            "weights": [flat(one) for one in slopes[len(xs) :]],
            **({"state": state} if state else {}),
        }


def accepts_training(layer):
    return layer._call_has_training_arg


def networks(section):
    """Steps of SGD with momentum on small networks, from the same state and batches."""
    rows, outputs = section["rows"], section["classes"]
    for case in section["cases"]:
        last = first = keras.Input(case["input"])
        tensors = {"x": first}
        for one in [*case["layers"], {"kind": "Dense", "arguments": {"units": outputs}}]:
            last = called(layer_of(one), one, [tensors[name] for name in one["from"]] if "from" in one else [last])
            if "name" in one:
                tensors[one["name"]] = last
            # A layer with several outputs.
            tensors.update(zip(one.get("names", []), last if "names" in one else []))
        model = keras.Model(first, last)
        for at, weight in enumerate(model.trainable_weights):
            weight.assign(shaped(weight.shape, 60 + at, 0.5))
        for at, weight in enumerate(model.non_trainable_weights):
            weight.assign(1 + shaped(weight.shape, 90 + at, 0.25))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        optimizer = keras.optimizers.SGD(learning_rate=section["learning_rate"], momentum=section["momentum"])
        losses = []
        for step in range(section["steps"]):
            x = input_of(case, rows, case["input"], 300 + step)
            y = tf.constant(classes(rows, 400 + step, outputs), dtype=tf.int32)
            with tf.GradientTape() as tape:
                objective = loss(y, model(x, training=True))
            optimizer.apply(tape.gradient(objective, model.trainable_weights), model.trainable_weights)
            losses.append(float(objective))
        state = [flat(weight) for weight in model.non_trainable_weights]
        yield label(case), {
            "loss": plain(losses),
            "parameters": [flat(weight) for weight in model.trainable_weights],
            # Moving statistics, and what the network then computes with them.
            **({"state": state, "inference": flat(model(x, training=False))} if state else {}),
        }


def group_norms(kernel, axis):
    """Σ of the Euclidean norms along an axis; the gradient of a group that is zero is zero."""
    squares = tf.reduce_sum(tf.square(kernel), axis=axis)
    alive = squares > 0
    return tf.reduce_sum(tf.where(alive, tf.sqrt(tf.where(alive, squares, tf.ones_like(squares))), tf.zeros_like(squares)))


class Penalty(keras.Regularizer):
    """li: norms of columns (into a unit), lo: of rows (out of a unit); l1 and l2 as Keras has them."""

    def __init__(self, li=0.0, lo=0.0, l1=0.0, l2=0.0):
        self.li, self.lo, self.elements = li, lo, keras.regularizers.L1L2(l1, l2)

    def __call__(self, kernel):
        total = self.elements(kernel)
        if self.li:
            total += self.li * group_norms(kernel, 0)
        if self.lo:
            total += self.lo * group_norms(kernel, 1)
        return total


def row_weights(y, weights):
    """What fit(class_weight=...) makes of it."""
    by_class = {int(key): value for key, value in weights.items()}
    return number(class_weight_to_sample_weights(y, by_class))


def steps(section):
    widths = section["widths"]
    for case in section["cases"]:
        penalties = case["penalties"]
        elements = {key: value for key, value in penalties.items() if key in ("l1", "l2")}
        network = [keras.Input([widths[0]])]
        for at, units in enumerate(widths[1:]):
            last = at == len(widths) - 2
            network.append(
                keras.layers.Dense(
                    units,
                    activation=case.get("output", "linear") if last else case.get("hidden", "relu"),
                    kernel_regularizer=Penalty(**penalties),
                    bias_regularizer=Penalty(**elements) if case.get("bias") else None,
                )
            )
        model = keras.Sequential(network)
        for layer, (kernel, bias) in zip(model.layers, step_parameters(section, case)):
            layer.set_weights([np.array(kernel), np.array(bias)])
        word = case.get("loss", "sparse_categorical_crossentropy")
        loss = {
            "sparse_categorical_crossentropy": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            "huber": keras.losses.Huber,
            "mean_squared_error": keras.losses.MeanSquaredError,
            "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
            "binary_crossentropy": keras.losses.BinaryCrossentropy,
        }[word]()
        weights = case.get("train", {}).get("class_weight")
        optimizer = optimizer_of(case, case["learning_rate"])
        data_losses, penalty_values = [], []
        for step in range(section["steps"]):
            # By hand: Keras' own schedule computes in float32, and has its own section.
            optimizer.learning_rate.assign(step_rate(section, case, step))
            x, y = step_batch(section, case, step)
            x, y = number(x), tf.constant(y, dtype=tf.int32) if word.startswith("sparse") else number(y)
            with tf.GradientTape() as tape:
                data = loss(y, model(x, training=True), sample_weight=row_weights(y, weights) if weights else None)
                penalty = tf.add_n(model.losses)
                objective = data + penalty
            slopes = tape.gradient(objective, model.trainable_weights)
            optimizer.apply(slopes, model.trainable_weights)
            data_losses.append(float(data))
            penalty_values.append(float(penalty))
        yield label(case), {
            "loss": plain(data_losses),
            "penalty": plain(penalty_values),
            "parameters": [
                flat(weight)
                for weight in (optimizer._model_variables_moving_average if optimizer.use_ema else model.trainable_weights)
            ],
        }


def outputs(section):
    """Two inputs and two outputs, compiled and stepped by Keras itself: train_on_batch, with its loss weights and its names."""
    widths = section["widths"]
    for case in section["cases"]:
        x, z = keras.Input([widths["x"]], name="x"), keras.Input([widths["z"]], name="z")
        left = keras.layers.Dense(widths["left"], activation="relu", name="left")(x)
        right = keras.layers.Dense(widths["right"], activation="tanh", name="right")(z)
        trunk = keras.layers.Dense(widths["trunk"], activation="relu", name="trunk")(keras.layers.Concatenate()([left, right]))
        price = keras.layers.Dense(widths["price"], name="price")(trunk)
        kind = keras.layers.Dense(widths["kind"], name="kind")(trunk)
        model = keras.Model({"x": x, "z": z}, {"price": price, "kind": kind})
        names = ["left", "right", "trunk", "price", "kind"]
        for at, name in enumerate(names):
            layer = model.get_layer(name)
            layer.set_weights([shaped(one.shape, 100 * (at + 1) + k, 0.75 - 0.5 * k).numpy() for k, one in enumerate(layer.weights)])
        model.compile(
            optimizer=optimizer_of(case, case["learning_rate"]),
            loss={"price": keras.losses.Huber(), "kind": keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
            loss_weights={name: case["loss_weights"].get(name, 1.0) for name in ("price", "kind")},
            metrics={"price": [keras.metrics.MeanAbsoluteError(name="mae")], "kind": [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]},
        )
        results = []
        for step in range(section["steps"]):
            rows = section["rows"]
            model.reset_metrics()
            found = model.train_on_batch(
                {"x": shaped([rows, widths["x"]], 1000 + step), "z": shaped([rows, widths["z"]], 2000 + step)},
                {"price": shaped([rows, widths["price"]], 3000 + step), "kind": np.array(classes(rows, 4000 + step, widths["kind"]))},
                return_dict=True,
            )
            results.append(found)
        keys = ["loss", "price_loss", "kind_loss", "price_mae", "kind_accuracy"]
        yield label(case), {
            **{key: plain([float(one[key]) for one in results]) for key in keys},
            "parameters": {f"{name}.{what}": flat(one) for name in names for what, one in zip(("kernel", "bias"), model.get_layer(name).weights)},
        }


def main(folder):
    everything = cases()
    for write_section in (activations, losses, metrics, optimizers, schedules, callbacks, initializers, layers, networks, outputs, steps):
        name = write_section.__name__
        write(folder, name, ORACLE, dict(write_section(everything[name])))


if __name__ == "__main__":
    main(sys.argv[1])
