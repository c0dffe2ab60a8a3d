import { PGlite } from '@electric-sql/pglite';
import { postgis } from '@electric-sql/pglite-postgis';
import { describeGeoStore } from '../../test/geo-store.contract.js';

describeGeoStore('PGlite in memory', () => PGlite.create({ extensions: { postgis } }));
