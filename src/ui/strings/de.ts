import type { Format } from '../format.ts';
import { en, type Strings } from './en.ts';
export const de = (f: Format): Strings => en(f);
