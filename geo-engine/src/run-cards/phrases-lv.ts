import type { Noun, PhraseBook } from './phrase-book.js';

const feminine = (one: string, other: string, zero: string): Noun => ({ one, other, zero, gender: 'f' });
const masculine = (one: string, other: string, zero: string): Noun => ({ one, other, zero, gender: 'm' });

/** Nominatives of 1 to 9, masculine and feminine. */
const NUMERALS: readonly (readonly [m: string, f: string])[] = [
  ['viens', 'viena'],
  ['divi', 'divas'],
  ['trīs', 'trīs'],
  ['četri', 'četras'],
  ['pieci', 'piecas'],
  ['seši', 'sešas'],
  ['septiņi', 'septiņas'],
  ['astoņi', 'astoņas'],
  ['deviņi', 'deviņas'],
];

function numeral(count: number, { gender, pluralOnly }: Noun): string {
  if (count === 1 && pluralOnly) return gender === 'f' ? 'vienas' : 'vieni';
  return NUMERALS[count - 1]?.[gender === 'f' ? 1 : 0] ?? String(count);
}

const firefighter = masculine('ugunsdzēsējs', 'ugunsdzēsēji', 'ugunsdzēsēju');
const officer = masculine('policists', 'policisti', 'policistu');
const inspector = masculine('inspektors', 'inspektori', 'inspektoru');
const medic = masculine('mediķis', 'mediķi', 'mediķu');

/** Latvian. Every phrase stands in the nominative, which `jābūt` and `vēlams` ask for, or counts in the genitive plural. */
export const PHRASES_LV: PhraseBook = {
  locale: 'lv-LV',
  numeral,
  capabilities: {
    extinguish: feminine('autocisterna', 'autocisternas', 'autocisternu'),
    water: { measure: 'l ūdens' },
    water_bulk: { measure: 'l ūdens ūdensvedējos' },
    basic_rescue: feminine('glābšanas vienība', 'glābšanas vienības', 'glābšanas vienību'),
    height_rescue: { one: 'autokāpnes', other: 'autokāpnes', zero: 'autokāpņu', gender: 'f', pluralOnly: true },
    extrication: masculine(
      'hidrauliskais glābšanas instruments',
      'hidrauliskie glābšanas instrumenti',
      'hidraulisko glābšanas instrumentu',
    ),
    heavy_rescue: masculine(
      'smagais glābšanas automobilis',
      'smagie glābšanas automobiļi',
      'smago glābšanas automobiļu',
    ),
    hazmat: masculine(
      'ķīmiskās aizsardzības automobilis',
      'ķīmiskās aizsardzības automobiļi',
      'ķīmiskās aizsardzības automobiļu',
    ),
    logistics: masculine('konteineru pārvadātājs', 'konteineru pārvadātāji', 'konteineru pārvadātāju'),
    water_rescue: feminine('glābšanas laiva', 'glābšanas laivas', 'glābšanas laivu'),
    offroad: masculine('visurgājējs', 'visurgājēji', 'visurgājēju'),
    search: feminine('meklēšanas vienība', 'meklēšanas vienības', 'meklēšanas vienību'),
    recon: masculine('izlūkošanas drons', 'izlūkošanas droni', 'izlūkošanas dronu'),
    dive: feminine('ūdenslīdēju grupa', 'ūdenslīdēju grupas', 'ūdenslīdēju grupu'),
    command: masculine(
      'operatīvās vadības automobilis',
      'operatīvās vadības automobiļi',
      'operatīvās vadības automobiļu',
    ),
    patrol: feminine('patruļa', 'patruļas', 'patruļu'),
    traffic: feminine(
      'satiksmes uzraudzības patruļa',
      'satiksmes uzraudzības patruļas',
      'satiksmes uzraudzības patruļu',
    ),
    investigation: feminine('izmeklēšanas grupa', 'izmeklēšanas grupas', 'izmeklēšanas grupu'),
    dog: masculine('kinologs ar suni', 'kinologi ar suņiem', 'kinologu ar suņiem'),
    public_order: feminine(
      'sabiedriskās kārtības patruļa',
      'sabiedriskās kārtības patruļas',
      'sabiedriskās kārtības patruļu',
    ),
    port: feminine('ostas patruļa', 'ostas patruļas', 'ostas patruļu'),
    water_patrol: masculine('patruļkuteris', 'patruļkuteri', 'patruļkuteru'),
    medical: feminine(
      'neatliekamās palīdzības brigāde',
      'neatliekamās palīdzības brigādes',
      'neatliekamās palīdzības brigāžu',
    ),
    als: feminine('specializētā brigāde', 'specializētās brigādes', 'specializēto brigāžu'),
    intensive_care: feminine(
      'intensīvās terapijas brigāde',
      'intensīvās terapijas brigādes',
      'intensīvās terapijas brigāžu',
    ),
    medical_transport: masculine(
      'pacientu pārvešanas automobilis',
      'pacientu pārvešanas automobiļi',
      'pacientu pārvešanas automobiļu',
    ),
    gas_shutoff: feminine('gāzes avārijas brigāde', 'gāzes avārijas brigādes', 'gāzes avārijas brigāžu'),
  },
  equipment: {
    foam: { measure: 'l putu koncentrāta' },
    hose: { measure: 'm šļūteņu' },
    sorbent: { measure: 'kg absorbenta' },
    breathing_apparatus: masculine('elpošanas aparāts', 'elpošanas aparāti', 'elpošanas aparātu'),
    generator: masculine('elektroģenerators', 'elektroģeneratori', 'elektroģeneratoru'),
    pump: masculine('motorsūknis', 'motorsūkņi', 'motorsūkņu'),
    stretcher: { one: 'nestuves', other: 'nestuves', zero: 'nestuvju', gender: 'f', pluralOnly: true },
    barrier: feminine('barjera', 'barjeras', 'barjeru'),
    aed: masculine('defibrilators', 'defibrilatori', 'defibrilatoru'),
    hydraulic_tools: masculine(
      'hidraulisko instrumentu komplekts',
      'hidraulisko instrumentu komplekti',
      'hidraulisko instrumentu komplektu',
    ),
    gas_tight_suit: masculine('gāzu necaurlaidīgs tērps', 'gāzu necaurlaidīgi tērpi', 'gāzu necaurlaidīgu tērpu'),
    absorbent: { measure: 'kg absorbenta' },
    ventilator: masculine('plaušu ventilators', 'plaušu ventilatori', 'plaušu ventilatoru'),
  },
  qualifications: {
    firefighter,
    officer,
    inspector,
    paramedic: medic,
    commander: masculine('komandieris', 'komandieri', 'komandieru'),
    driver: masculine('autovadītājs', 'autovadītāji', 'autovadītāju'),
    diver: masculine('ūdenslīdējs', 'ūdenslīdēji', 'ūdenslīdēju'),
    doctor: masculine('ārsts', 'ārsti', 'ārstu'),
    chemist: masculine('ķīmiķis', 'ķīmiķi', 'ķīmiķu'),
    investigator: masculine('izmeklētājs', 'izmeklētāji', 'izmeklētāju'),
    expert: masculine('eksperts', 'eksperti', 'ekspertu'),
    handler: masculine('kinologs', 'kinologi', 'kinologu'),
    helmsman: masculine('stūrmanis', 'stūrmaņi', 'stūrmaņu'),
    pilot: masculine('drona pilots', 'dronu piloti', 'dronu pilotu'),
    technician: masculine('tehniķis', 'tehniķi', 'tehniķu'),
  },
  people: { VUGD: firefighter, VP: officer, PP: inspector, OP: inspector, NMPD: medic },
  anybody: masculine('cilvēks', 'cilvēki', 'cilvēku'),
  unit: feminine('vienība', 'vienības', 'vienību'),
  weekdays: ['pirmdienās', 'otrdienās', 'trešdienās', 'ceturtdienās', 'piektdienās', 'sestdienās', 'svētdienās'],
  day: (iso) => `${iso.slice(8)}.${iso.slice(5, 7)}.${iso.slice(0, 4)}.`,
  everyType: 'visi notikumi',
  everyPriority: 'visas prioritātes',
  territory: (name) => `teritorija ${name}`,
  object: (name) => `objekts ${name}`,
  version: (version) => `${version}. versija`,
  from: (day) => `no ${day}`,
  until: (day) => `līdz ${day} (neieskaitot)`,
  must: 'Jābūt',
  should: 'Vēlams',
  level: (level) => `${level}. trauksmes līmenis pievieno`,
  each: (measure) => `katrā vienībā vismaz ${measure}`,
  crew: (people) => `apkalpē vismaz ${people}`,
  onBoard: (list) => `aprīkojumā ${list}`,
  instead: (list) => `vietā der ${list}`,
  or: 'vai',
};
