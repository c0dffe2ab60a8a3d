// Import directions (ARCHITECTURE.md), run by `npm run imports`.
// tracker/test/house/import-directions.test.ts proves of every rule here that it can fail.

const TESTS = '(\\.test\\.tsx?$|/test/)';
/** Tools that know nothing of the tracker: the driver's wrapper, SQL files, networks, the log. */
const TOOLS = '^tracker/src/(log|ip-network|number-in-url|stored-(text|instant)|store/(database|errors|sql-file))\\.ts$';
/** The folders whose code ships. */
const PRODUCT = '^(geo-engine|tracker|console)/';
/** The bench builds the alternatives that we are measured against, and counts rows from outside. */
const RIVALS = '^bench/';
const GEO_ENGINE_FACE = '^geo-engine/src/index\\.ts$';
/** The slow search that knows nothing of the fast one. */
const ORACLE = '^geo-engine/test/road-oracle\\.ts$';
const WIRE = '^tracker/src/protocol/';

/** A rule that makes the build fail. */
const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** A package that only some files may import; anybody else goes through them. */
const onlyBy = (name, comment, packageName, importers) =>
  error(name, comment, { pathNot: importers }, { path: `^node_modules/${packageName}/` });

/** The tracker's folders in the order in which data flows (tracker/README.md): none imports one that stands after it. */
const TRACKER_LAYERS = ['store', 'feed', 'roads', 'live', 'units', 'ingest', 'history', 'rights', 'webhooks', 'amqp', 'adapters', 'veks', 'dispatch', 'api', 'hub'];
const flowsDown = TRACKER_LAYERS.slice(0, -1).map((layer, i) =>
  error(
    `${layer}-flows-down`,
    'Data flows one way through the tracker.',
    { path: `^tracker/src/${layer}/`, pathNot: TESTS },
    { path: `^tracker/src/(${TRACKER_LAYERS.slice(i + 1).join('|')})/` },
  ),
);

module.exports = {
  forbidden: [
    ...flowsDown,

    // between the folders
    error(
      'geo-engine-stands-alone',
      'The geo-engine knows nothing of the others.',
      { path: '^geo-engine/' },
      { path: '^(tracker|console)/' },
    ),
    error(
      'tracker-uses-the-face',
      'The tracker reaches the geo-engine through its public face, and the console not at all.',
      { path: '^tracker/' },
      { path: '^(geo-engine|console)/', pathNot: GEO_ENGINE_FACE },
    ),
    error(
      'console-uses-the-wire',
      'The console shares the wire types with the tracker and nothing else.',
      { path: '^console/' },
      { path: '^(geo-engine|tracker)/', pathNot: WIRE },
    ),
    error(
      'outsiders-use-the-face',
      'fixtures and bench speak the public protocol with codecs of their own, so that two readings of one document ' +
        'check each other; of the product they import the face of the geo-engine only.',
      { path: '^(fixtures|bench)/' },
      { path: PRODUCT, pathNot: [GEO_ENGINE_FACE, ORACLE] },
    ),
    error(
      'fixtures-not-bench',
      'The bench may use the fixtures, not the other way round.',
      { path: '^fixtures/' },
      { path: '^bench/' },
    ),
    error(
      'product-without-fixtures',
      'What ships does not lean on test data; tests may.',
      { path: PRODUCT, pathNot: TESTS },
      { path: '^(fixtures|bench)/' },
    ),

    // inside the folders
    error(
      'geo-imports-nothing',
      'geo/ is pure mathematics.',
      { path: '^geo-engine/src/geo/', pathNot: TESTS },
      { path: PRODUCT, pathNot: '^geo-engine/src/geo/' },
    ),
    error(
      'wire-runs-anywhere',
      'The wire types are loaded by browsers.',
      { path: WIRE, pathNot: TESTS },
      { dependencyTypes: ['core'] },
    ),
    error(
      'wire-stands-alone',
      'The console takes all of protocol/ with it: it may not drag the rest of the tracker along.',
      { path: WIRE, pathNot: TESTS },
      { path: '^tracker/', pathNot: WIRE },
    ),
    error(
      'wire-takes-types-only',
      'Importing values from the geo-engine would bring its Node code and WebAssembly into the browser.',
      { path: WIRE, pathNot: TESTS },
      { path: '^geo-engine/', dependencyTypesNot: ['type-only'] },
    ),
    error(
      'module-uses-the-feed',
      'A module must also run as a process of its own: it reaches the core by HTTP and the feed, never by import. ' +
        'Files directly in tracker/modules/ are what the modules share. Of the core it may carry along what knows nothing of the core.',
      { path: '^tracker/modules/([^/]+)/', pathNot: TESTS },
      { path: '^tracker/', pathNot: ['^tracker/modules/$1/', '^tracker/modules/[^/]+$', WIRE, TOOLS] },
    ),
    error(
      'modules-share-no-core',
      'What the modules share is part of each of them.',
      { path: '^tracker/modules/[^/]+$', pathNot: TESTS },
      { path: '^tracker/', pathNot: ['^tracker/modules/[^/]+$', WIRE, TOOLS] },
    ),
    error(
      'core-without-modules',
      'The core runs when every module is gone; only the start wires them.',
      { path: '^tracker/src/', pathNot: [TESTS, '^tracker/src/main\\.ts$'] },
      { path: '^tracker/modules/' },
    ),
    error(
      'main-is-imported-by-nothing',
      'main.ts reads the environment and starts: importing it would start a server.',
      {},
      { path: '^tracker/src/main\\.ts$' },
    ),
    error(
      'tests-are-imported-by-tests',
      'What two places need is not a test. The bench holds its answers against the oracle that the tests use.',
      { pathNot: [TESTS, RIVALS] },
      { path: TESTS, pathNot: '^node_modules/' },
    ),
    error(
      'bench-takes-the-oracle-alone',
      'Of the tests the bench needs the oracle that it holds fast answers against, and nothing else.',
      { path: RIVALS, pathNot: TESTS },
      { path: TESTS, pathNot: [ORACLE, '^node_modules/'] },
    ),

    // packages behind one door
    onlyBy('h3-behind-one-file', 'h3-js wants latitude first; one file turns the order round.', 'h3-js', [
      '^geo-engine/src/cells/h3\\.ts$',
      '^fixtures/', // the demo world is a twin of its own, it shares no code with what it tests
    ]),
    onlyBy('uws-in-the-hub', 'Sockets belong to the hub.', 'uWebSockets\\.js', ['^tracker/src/hub/', RIVALS]),
    onlyBy('socket-io-in-the-hub', 'Sockets belong to the hub.', 'socket\\.io', ['^tracker/src/hub/', RIVALS]),
    onlyBy('pg-in-the-store', 'SQL belongs to the store.', '(@types/)?pg', ['^tracker/src/store/', TESTS, RIVALS]),
    onlyBy('amqplib-in-the-outlet', 'The broker is reached through its outlet.', 'amqplib', ['^tracker/src/amqp/', TESTS]),
    error(
      'product-without-dev-packages',
      'The image is installed without development packages; their types may be used, their code is not there.',
      { path: PRODUCT, pathNot: TESTS },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
    ),

    // the shape as a whole
    error('no-circles', 'Two files that need each other are one idea, or hide a third.', {}, { circular: true }),
    error(
      'no-unresolved',
      'An import that leads nowhere would also hide from every rule above.',
      {},
      // Vite answers `?url`, `?worker` and `virtual:…`; the file system does not know them
      { couldNotResolve: true, pathNot: '\\?[a-z]+$|^virtual:' },
    ),
    {
      name: 'no-orphans',
      comment: 'Nothing imports it: dead, unless it is started by name (main, worker, child) or is a face (index).',
      severity: 'error',
      from: {},
      module: {
        path: '/src/|^tracker/modules/|^fixtures/|^bench/',
        pathNot: [
          TESTS,
          '((^|/|-)(main|worker|child|index)|\\.bench|\\.config|\\.d)\\.tsx?$',
          '^bench/lib/collect-on-signal\\.mjs$', // a tracker of the bench is started with it
          '^node_modules/',
        ],
        numberOfDependentsLessThan: 1,
      },
    },
  ],
  options: {
    tsPreCompilationDeps: true, // a type-only import is a dependency too
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: '^node_modules/' },
    exclude: { path: '^console/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.d.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
