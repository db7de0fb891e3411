import { formsThatAreGoneBackTo } from './support/attempts';

formsThatAreGoneBackTo();
