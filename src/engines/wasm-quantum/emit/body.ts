import { signed, TYPE, unsigned, type FunctionCode, type FunctionType, type ValueType } from './module-writer.ts';

/** A local variable of the function that is being written. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

const OP = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
} as const;

/** Opcodes without immediates, by the names of the text format. */
const PLAIN = {
  'i32.eqz': 0x45,
  'i32.eq': 0x46,
  'i32.ne': 0x47,
  'i32.lt_u': 0x49,
  'i32.ge_u': 0x4f,
  'i32.popcnt': 0x69,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'i32.and': 0x71,
  'i32.or': 0x72,
  'i32.xor': 0x73,
  'i32.shl': 0x74,
  'i32.shr_u': 0x76,
  'f64.add': 0xa0,
  'f64.sub': 0xa1,
  'f64.mul': 0xa2,
  'f64.neg': 0x9a,
  'f64.lt': 0x63,
  'f64.gt': 0x64,
  'f32.demote_f64': 0xb6,
  'f64.promote_f32': 0xbb,
  'f64.convert_i32_u': 0xb8,
} as const;

/** SIMD opcodes without immediates (prefix 0xfd). */
const SIMD = {
  'i8x16.swizzle': 0x0e,
  'f32x4.splat': 0x13,
  'f64x2.splat': 0x14,
  'v128.not': 0x4d,
  'v128.and': 0x4e,
  'v128.andnot': 0x4f,
  'v128.or': 0x50,
  'v128.xor': 0x51,
  'v128.bitselect': 0x52,
  'f64x2.promote_low_f32x4': 0x5f,
  'f32x4.neg': 0xe1,
  'f32x4.add': 0xe4,
  'f32x4.sub': 0xe5,
  'f32x4.mul': 0xe6,
  'f64x2.neg': 0xed,
  'f64x2.add': 0xf0,
  'f64x2.sub': 0xf1,
  'f64x2.mul': 0xf2,
  'f32x4.relaxed_madd': 0x105,
  'f32x4.relaxed_nmadd': 0x106,
  'f64x2.relaxed_madd': 0x107,
  'f64x2.relaxed_nmadd': 0x108,
} as const;

/** Loads and stores: opcode bytes and log2 of the natural alignment. */
const MEMORY = {
  'i32.load': [[0x28], 2],
  'f32.load': [[0x2a], 2],
  'f64.load': [[0x2b], 3],
  'i32.store': [[0x36], 2],
  'f64.store': [[0x39], 3],
  'v128.load': [[0xfd, 0x00], 4],
  'v128.load32_splat': [[0xfd, 0x09], 2],
  'v128.load64_splat': [[0xfd, 0x0a], 3],
  'v128.store': [[0xfd, 0x0b], 4],
  'memory.atomic.notify': [[0xfe, 0x00], 2],
  'memory.atomic.wait32': [[0xfe, 0x01], 2],
  'i32.atomic.load': [[0xfe, 0x10], 2],
  'i32.atomic.store': [[0xfe, 0x17], 2],
  'i32.atomic.rmw.add': [[0xfe, 0x1e], 2],
} as const;

export type Plain = keyof typeof PLAIN;
export type Simd = keyof typeof SIMD;
export type MemoryOp = keyof typeof MEMORY;

/** What leaves one value on the stack. */
export type Value = Local | number | (() => void);

/** Builds the body of one function. Methods append instructions; `Value` arguments push themselves first. */
export class Body {
  readonly #name: string;
  readonly #type: FunctionType;
  readonly #locals: ValueType[] = [];
  readonly #code: number[] = [];

  constructor(name: string, params: readonly ValueType[], results: readonly ValueType[] = []) {
    this.#name = name;
    this.#type = { params, results };
  }

  param(index: number): Local {
    return { index, type: this.#type.params[index] ?? TYPE.i32 };
  }

  local(type: ValueType): Local {
    this.#locals.push(type);
    return { index: this.#type.params.length + this.#locals.length - 1, type };
  }

  push(value: Value): void {
    if (typeof value === 'function') value();
    else if (typeof value === 'number') this.#code.push(0x41, ...signed(value));
    else this.#code.push(OP.get, ...unsigned(value.index));
  }

  f64(value: number): () => void {
    return () => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setFloat64(0, value, true);
      this.#code.push(0x44, ...bytes);
    };
  }

  f32(value: number): () => void {
    return () => {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setFloat32(0, value, true);
      this.#code.push(0x43, ...bytes);
    };
  }

  /** Takes the value that is on the stack. */
  setTop(local: Local): void {
    this.#code.push(OP.set, ...unsigned(local.index));
  }

  set(local: Local, value: Value): void {
    this.push(value);
    this.#code.push(OP.set, ...unsigned(local.index));
  }

  /** The result of an instruction as a value that is computed where it is used. */
  op(name: Plain | Simd, ...args: readonly Value[]): () => void {
    return () => {
      for (const arg of args) this.push(arg);
      if (name in PLAIN) this.#code.push(PLAIN[name as Plain]);
      else this.#code.push(0xfd, ...unsigned(SIMD[name as Simd]));
    };
  }

  load(name: MemoryOp, address: Value, offset = 0, ...operands: readonly Value[]): () => void {
    return () => {
      this.push(address);
      for (const operand of operands) this.push(operand);
      const [bytes, align] = MEMORY[name];
      this.#code.push(...bytes, align, ...unsigned(offset));
    };
  }

  store(name: MemoryOp, address: Value, value: Value, offset = 0): void {
    this.load(name, address, offset, value)();
  }

  /** i8x16.shuffle by bytes of two vectors. */
  shuffle(a: Value, b: Value, bytes: readonly number[]): () => void {
    return () => {
      this.push(a);
      this.push(b);
      this.#code.push(0xfd, 0x0d, ...bytes);
    };
  }

  /** f64x2.extract_lane or f32x4.extract_lane. */
  extract(name: 'f64x2' | 'f32x4', value: Value, lane: number): () => void {
    return () => {
      this.push(value);
      this.#code.push(0xfd, name === 'f64x2' ? 0x21 : 0x1f, lane);
    };
  }

  /** Reinterprets the bits of what is on the stack. */
  reinterpret(name: 'f32.reinterpret_i32'): void {
    name satisfies 'f32.reinterpret_i32';
    this.#code.push(0xbe);
  }

  drop(value: Value): void {
    this.push(value);
    this.#code.push(0x1a);
  }

  select(whenTrue: Value, whenFalse: Value, condition: Value): () => void {
    return () => {
      this.push(whenTrue);
      this.push(whenFalse);
      this.push(condition);
      this.#code.push(0x1b);
    };
  }

  fence(): void {
    this.#code.push(0xfe, 0x03, 0x00);
  }

  /** Runs `body` while `again` (evaluated after it) is not 0. */
  doWhile(body: () => void, again: () => Value): void {
    this.#code.push(OP.loop, 0x40);
    body();
    this.push(again());
    this.#code.push(OP.brIf, 0, OP.end);
  }

  /** Runs `body` as long as `condition` (evaluated before it) is not 0. */
  whileTrue(condition: () => Value, body: () => void): void {
    this.#code.push(OP.block, 0x40, OP.loop, 0x40);
    this.push(condition());
    this.#code.push(PLAIN['i32.eqz'], OP.brIf, 1);
    body();
    this.#code.push(OP.br, 0, OP.end, OP.end);
  }

  when(condition: Value, then: () => void, otherwise?: () => void): void {
    this.push(condition);
    this.#code.push(OP.if, 0x40);
    then();
    if (otherwise !== undefined) {
      this.#code.push(OP.else);
      otherwise();
    }
    this.#code.push(OP.end);
  }

  /** A call of function `index`; arguments first. */
  call(index: number, ...args: readonly Value[]): () => void {
    return () => {
      for (const arg of args) this.push(arg);
      this.#code.push(OP.call, ...unsigned(index));
    };
  }

  /** Through table 0; `typeIndex` as the module numbers its types. */
  callIndirect(typeIndex: number, element: Value, ...args: readonly Value[]): void {
    for (const arg of args) this.push(arg);
    this.push(element);
    this.#code.push(OP.callIndirect, ...unsigned(typeIndex), 0);
  }

  returns(value?: Value): void {
    if (value !== undefined) this.push(value);
    this.#code.push(OP.return);
  }

  finish(exported: boolean): FunctionCode {
    return { name: this.#name, type: this.#type, exported, locals: this.#locals, code: this.#code };
  }
}
