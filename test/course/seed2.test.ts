import { claimsHold } from './support.js';

claimsHold(2);
