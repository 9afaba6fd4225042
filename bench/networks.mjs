// What is measured, as specs: every bench trains them alike.
export const BATCH = 128;

const training = `data { source: mnist }
train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  optimizer: adam(learning_rate: 1e-3)
  batch_size: ${BATCH}
  epochs: 1
}
`;

/** LeNet-300-100 with an annotation on every kernel, or ''. */
export const lenet300 = (annotation) => `
model LeNet_300_100 ${annotation} {
  image = Input(784)
  fc1   = Dense(300, activation: relu)
  fc2   = Dense(100, activation: relu)
  digit = Dense(10)
}
${training}`;

/** The network that Caffe calls LeNet: nothing but a pooling after a convolution. */
export const lenet5Caffe = `
model LeNet_5_Caffe {
  image   = Input(28, 28, 1)
  conv1   = Conv2D(20, 5)
  pool1   = MaxPooling2D(2)
  conv2   = Conv2D(50, 5)
  pool2   = MaxPooling2D(2)
  flatten = Flatten()
  fc1     = Dense(500, activation: relu)
  digit   = Dense(10)
}
${training}`;
