/** Apex imports: each is a function, and a wire adapter as well. The org plays the class (POST `/apex/<Class>/<method>`). */
import { askApex } from '../org/org-api.js';

const adapters = new WeakMap();

function frozen(value) {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

/** @param {string} name `Class.method` */
export function apexMethod(name) {
  const [className, method] = name.split('.');
  function Apex(given) {
    if (new.target === undefined) return askApex(className, method, given);
    this.callback = given;
    this.emit({ data: undefined, error: undefined });
  }
  Apex.prototype.connect = () => {};
  Apex.prototype.disconnect = () => {};
  Apex.prototype.emit = function emit(result) {
    adapters.set(result, this);
    this.callback(result);
  };
  Apex.prototype.update = function update(config) {
    this.config = config;
    return Object.values(config).includes(undefined) ? undefined : this.refresh();
  };
  Apex.prototype.refresh = async function refresh() {
    try {
      this.emit({ data: frozen(await askApex(className, method, this.config)), error: undefined });
    } catch (error) {
      this.emit({ data: undefined, error });
    }
  };
  Apex.adapter = Apex;
  return Apex;
}

export const refreshApex = (result) => adapters.get(result)?.refresh() ?? Promise.resolve();
