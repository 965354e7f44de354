/**
 * What every `SyncStore` promises, as tests: run on PostgreSQL and on the store in memory that the simulations use, so that what the
 * simulations show holds for the product.
 */
import { describe } from 'vitest';
import type { StoreFixture } from './store-battery-fixture.ts';
import { feedBattery } from './store-battery-feeds.ts';
import { laneBattery } from './store-battery-lanes.ts';
import { recordBattery } from './store-battery-records.ts';

/** Registers the battery; `make` gives an empty store each time. */
export function syncStoreBattery(name: string, make: () => Promise<StoreFixture>): void {
  describe(`sync store: ${name}`, () => {
    describe('work', () => laneBattery(make));
    describe('hearing', () => feedBattery(make));
    describe('state', () => recordBattery(make));
  });
}
