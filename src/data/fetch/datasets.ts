/** A file that can be downloaded, with what it must hold. */
export interface Download {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** For an archive (tar, packed with gzip): the files that are taken out of it; the archive itself is not kept. */
  readonly members?: readonly Member[];
}

export interface Member {
  readonly file: string;
  /** Its path in the archive. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A public data set. */
export interface Dataset {
  /** The folder that its source looks for, within a data folder. */
  readonly folder: string;
  /** Where its files lie, tried in this order: a file's address is the mirror's and its name. */
  readonly mirrors: readonly string[];
  readonly downloads: readonly Download[];
  /** Under what terms its makers give it. */
  readonly terms: string;
}

const batch = (file: string, sha256: string): Member => ({
  file,
  path: `cifar-10-batches-bin/${file}`,
  bytes: 30_730_000,
  sha256,
});

/** The data sets that `dnc data fetch` knows. Sizes and hashes are those of the files as their makers published them. */
export const datasets = {
  mnist: {
    folder: 'mnist',
    mirrors: ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'],
    downloads: [
      {
        file: 'train-images-idx3-ubyte.gz',
        bytes: 9_912_422,
        sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
      },
      {
        file: 'train-labels-idx1-ubyte.gz',
        bytes: 28_881,
        sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
      },
      {
        file: 't10k-images-idx3-ubyte.gz',
        bytes: 1_648_877,
        sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
      },
      {
        file: 't10k-labels-idx1-ubyte.gz',
        bytes: 4_542,
        sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
      },
    ],
    terms: 'Y. LeCun, C. Cortes and C. Burges; usually given as CC BY-SA 3.0',
  },
  fashion_mnist: {
    folder: 'fashion-mnist',
    mirrors: [
      'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
    downloads: [
      {
        file: 'train-images-idx3-ubyte.gz',
        bytes: 26_421_880,
        sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
      },
      {
        file: 'train-labels-idx1-ubyte.gz',
        bytes: 29_515,
        sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
      },
      {
        file: 't10k-images-idx3-ubyte.gz',
        bytes: 4_422_102,
        sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
      },
      {
        file: 't10k-labels-idx1-ubyte.gz',
        bytes: 5_148,
        sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
      },
    ],
    terms: 'MIT, © 2017 Zalando SE',
  },
  cifar10: {
    folder: 'cifar10',
    mirrors: [
      'https://www.cs.toronto.edu/~kriz/',
      'https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/',
    ],
    downloads: [
      {
        file: 'cifar-10-binary.tar.gz',
        bytes: 170_052_171,
        sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
        members: [
          batch('data_batch_1.bin', 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5'),
          batch('data_batch_2.bin', 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed'),
          batch('data_batch_3.bin', 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67'),
          batch('data_batch_4.bin', '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48'),
          batch('data_batch_5.bin', '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add'),
          batch('test_batch.bin', '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b'),
        ],
      },
    ],
    terms:
      'A. Krizhevsky; no licence is stated, to be cited as "Learning Multiple Layers of Features from Tiny Images" (2009)',
  },
} as const satisfies Readonly<Record<string, Dataset>>;
