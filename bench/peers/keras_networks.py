"""The networks of the bench in Keras, with their losses, on whatever backend it has."""

import keras
from contestant import IMAGE, REQUEST, penalty_of
from keras import layers, ops


class DropNeuron(keras.Regularizer):
    """li + lo, and the l1 where there is one. A convolution's kernel is [height, width, in, out]."""

    def __init__(self, li, lo, lasso):
        self.li, self.lo, self.lasso = li, lo, lasso

    def __call__(self, kernel):
        squares = ops.square(kernel)
        last = len(kernel.shape) - 1
        total = 0.0
        for strength, kept in ((self.li, last), (self.lo, last - 1)):
            if strength:
                axes = [axis for axis in range(last + 1) if axis != kept]
                # Without the floor a group of zeros has no gradient.
                total = total + strength * ops.sum(ops.sqrt(ops.sum(squares, axis=axes) + 1e-30))
        return total + self.lasso * ops.sum(ops.abs(kernel)) if self.lasso else total


_count = iter(range(1000))


def _penalties():
    """Of the next layer with a kernel, in the order of the network."""
    li, lo = penalty_of(next(_count))
    if not (li or lo):
        return {}
    lasso = REQUEST.get("lasso", 0)
    found = {"kernel_regularizer": DropNeuron(li, lo, lasso)}
    return {**found, "bias_regularizer": keras.regularizers.L1(lasso)} if lasso else found


def _dense(units, activation=None):
    return layers.Dense(units, activation=activation, **_penalties())


def _conv(filters, size, **more):
    return layers.Conv2D(filters, size, **_penalties(), **more)


def _widths(*units, activation="relu", last=None):
    inputs = keras.Input(IMAGE)
    hidden = [_dense(width, activation) for width in units[:-1]]
    return keras.Sequential([inputs, *hidden, _dense(units[-1], last)])


def _lenet_5_caffe():
    return keras.Sequential(
        [
            keras.Input(IMAGE),
            _conv(20, 5),
            layers.MaxPooling2D(2),
            _conv(50, 5),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            _dense(500, "relu"),
            _dense(10),
        ]
    )


def _convnet():
    return keras.Sequential(
        [
            keras.Input(IMAGE),
            layers.Rescaling(1, offset=-0.5),
            _conv(32, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2, padding="same"),
            _conv(64, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Flatten(),
            _dense(512, "relu"),
            _dense(10),
        ]
    )


def _lstm():
    return keras.Sequential(
        [keras.Input(IMAGE, dtype="int32"), layers.Embedding(100, 32), layers.LSTM(64), _dense(1)]
    )


def _resnet_20():
    def conv_bn(x, filters, size=3, strides=1):
        return layers.BatchNormalization()(_conv(filters, size, strides=strides, padding="same", use_bias=False)(x))

    image = keras.Input(IMAGE)
    x = layers.ReLU()(conv_bn(image, 16))
    before = 16
    for filters in (16, 32, 64):
        for _ in range(3):
            strides = 1 if before == filters else 2
            inner = conv_bn(layers.ReLU()(conv_bn(x, filters, strides=strides)), filters)
            short = x if strides == 1 else conv_bn(x, filters, 1, strides)
            x = layers.ReLU()(layers.Add()([short, inner]))
            before = filters
    return keras.Model(image, _dense(10)(layers.GlobalAveragePooling2D()(x)))


def build():
    """The model, its loss, its optimizer, and whether it has penalties."""
    network = REQUEST["network"]
    width = REQUEST.get("width", 1)
    model = {
        "lenet-300-100": lambda: _widths(300 * width, 100 * width, 10),
        "autoencoder": lambda: _widths(128, 64, 128, 784, activation="sigmoid", last="sigmoid"),
        "adamnet": lambda: _widths(1000, 1000, 500, 200, 10),
        "lenet-5-caffe": _lenet_5_caffe,
        "convnet": _convnet,
        "lstm": _lstm,
        "resnet-20": _resnet_20,
    }[network]()
    if REQUEST.get("targets") == "input":
        loss = keras.losses.MeanSquaredError()
    elif network == "lstm":
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rate = REQUEST["learningRate"]
    optimizer = keras.optimizers.SGD(rate, momentum=0.9) if network == "resnet-20" else keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)
    return model, loss, optimizer


def pool(rows, labels):
    """What the model reads and what it is to predict, of all rows."""
    x = rows.reshape(-1, *IMAGE)
    if REQUEST["network"] == "lstm":
        return x.astype("int32"), labels.astype("float32")[:, None]
    return x, x if REQUEST.get("targets") == "input" else labels
