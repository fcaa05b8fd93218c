import { engineContract } from './engine.contract.ts';
import { referenceFactory } from './reference-engine.ts';

engineContract(referenceFactory);
