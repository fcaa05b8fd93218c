// Iterator helpers that jax-js uses and Node 20 lacks (Node 22 has them). Import before jax-js.

type Sequence = Iterator<unknown> & Iterable<unknown>;

const prototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;

const helpers: Record<string, (this: Sequence, use: (value: unknown, index: number) => unknown) => unknown> = {
  map(use) {
    return Array.from(this, use).values();
  },
  filter(use) {
    return [...this].filter(use).values();
  },
  toArray() {
    return [...this];
  },
  some(use) {
    return [...this].some(use);
  },
  every(use) {
    return [...this].every(use);
  },
};

for (const [name, value] of Object.entries(helpers))
  if (!(name in prototype)) Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
