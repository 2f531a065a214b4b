/** Command lines for the help of `train`. A test runs each as it stands. */
export const EXAMPLES: readonly string[] = [
  'lanegrad train',
  'lanegrad train orders.csv --target churned --drop order_id --kind zip=category',
  'lanegrad train spirals --activation leakyRelu:slope=0.2 --optimizer sgd:momentum=0.9,nesterov --learning-rate 0.05',
  'lanegrad train digits --hidden none --optimizer ewaMomentum:alpha=0.9 --schedule exponential:k=1e-4 --l1 1e-4',
  'lanegrad train digits --hidden 64,32 --dropout-keep 0.8 --input-dropout 0.1 --max-norm 3 --weight-initializer heUniform',
  'lanegrad train digits --augment shift:1 --bagging 5:0.8 --time-limit 60s',
  'lanegrad train path/to/mnist --hidden 256,128 --epochs 10 --checkpoint',
  'lanegrad train path/to/mnist --optimizer rmsprop --schedule inverse:k=1e-3 --dropout 0.2 --batch-norm before --l2 1e-4 --augment rotate:15,flip-h --bagging 10 --patience 5 --diagnostics',
];
