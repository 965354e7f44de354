/**
 * Invented companies and what they sell or buy. None exists; domains are under `.example`, which RFC 2606 reserves for such use.
 */
export type Subject = { readonly title: string; readonly monthlyFee: number };
export type CompanyName = {
  readonly name: string;
  readonly slug: string;
  readonly language: 'en' | 'zh';
  readonly country: string;
  readonly city: string;
  readonly industry: string;
  readonly currency: 'USD' | 'EUR' | 'GBP' | 'CNY' | 'JPY';
  readonly side: 'buy' | 'sell';
  readonly subjects: readonly Subject[];
};

const vendor = (
  name: string,
  slug: string,
  place: readonly [country: string, city: string, currency: CompanyName['currency'], industry: string],
  subjects: readonly Subject[],
): CompanyName => ({
  name,
  slug,
  language: place[0] === 'CN' ? 'zh' : 'en',
  country: place[0],
  city: place[1],
  currency: place[2],
  industry: place[3],
  side: 'buy',
  subjects,
});
const customer = (...args: Parameters<typeof vendor>): CompanyName => ({ ...vendor(...args), side: 'sell' });

const CN = (city: string, industry: string) => ['CN', city, 'CNY', industry] as const;

export const VENDORS: readonly CompanyName[] = [
  vendor('云岫软件（上海）有限公司', 'yunxiu', CN('上海', '软件'), [
    { title: '客户关系管理系统采购合同', monthlyFee: 46_000 },
    { title: 'CRM 二次开发与运维补充协议', monthlyFee: 12_500 },
  ]),
  vendor('北辰云计算股份有限公司', 'beichen-cloud', CN('北京', '云服务'), [
    { title: '云主机与对象存储服务合同', monthlyFee: 68_000 },
    { title: '灾备与数据备份服务协议', monthlyFee: 18_800 },
  ]),
  vendor('南屿数据科技有限公司', 'nanyu-data', CN('深圳', '数据服务'), [
    { title: '数据治理平台许可合同', monthlyFee: 27_600 },
  ]),
  vendor('松涛信息安全有限公司', 'songtao-sec', CN('杭州', '信息安全'), [
    { title: '安全运营中心托管服务合同', monthlyFee: 32_000 },
  ]),
  vendor('鹿鸣办公设备有限公司', 'luming', CN('苏州', '办公设备'), [
    { title: '打印设备租赁与维保合同', monthlyFee: 6_200 },
  ]),
  vendor('澜舟物流科技有限公司', 'lanzhou-log', CN('宁波', '物流'), [
    { title: '仓储管理系统服务合同', monthlyFee: 21_400 },
  ]),
  vendor('青禾人力资源服务有限公司', 'qinghe-hr', CN('成都', '人力资源'), [
    { title: '薪酬外包服务合同', monthlyFee: 15_300 },
  ]),
  vendor(
    'Larkfield Systems Ltd',
    'larkfield',
    ['GB', 'Bristol', 'GBP', 'Software'],
    [
      { title: 'CRM subscription and support', monthlyFee: 5_400 },
      { title: 'Integration platform licence', monthlyFee: 2_150 },
    ],
  ),
  vendor(
    'Tern Hosting GmbH',
    'tern-hosting',
    ['DE', 'Hamburg', 'EUR', 'Cloud hosting'],
    [
      { title: 'Managed Kubernetes hosting', monthlyFee: 7_900 },
      { title: 'Off-site backup service', monthlyFee: 1_250 },
    ],
  ),
  vendor(
    'Quillon Analytics Inc.',
    'quillon',
    ['US', 'Denver', 'USD', 'Analytics'],
    [{ title: 'Product analytics platform', monthlyFee: 4_100 }],
  ),
  vendor(
    'Saltmarsh Telecom plc',
    'saltmarsh',
    ['GB', 'Leeds', 'GBP', 'Telecommunications'],
    [
      { title: 'SIP trunks and contact centre', monthlyFee: 3_300 },
      { title: 'Leased line, Leeds to Bristol', monthlyFee: 1_900 },
    ],
  ),
  vendor(
    'Ostrava Print Works s.r.o.',
    'ostrava-print',
    ['CZ', 'Ostrava', 'EUR', 'Printing'],
    [{ title: 'Packaging print framework', monthlyFee: 2_700 }],
  ),
  vendor(
    'Ridgeline Security LLC',
    'ridgeline',
    ['US', 'Austin', 'USD', 'Security'],
    [{ title: 'Managed detection and response', monthlyFee: 6_800 }],
  ),
  vendor(
    'Merrow Payroll Services',
    'merrow',
    ['IE', 'Cork', 'EUR', 'Business services'],
    [{ title: 'Payroll processing, EMEA', monthlyFee: 2_300 }],
  ),
  vendor(
    'Halden Facilities AS',
    'halden',
    ['NO', 'Oslo', 'EUR', 'Facilities'],
    [{ title: 'Office cleaning and reception', monthlyFee: 3_900 }],
  ),
  vendor(
    'Copperbeech Legal LLP',
    'copperbeech',
    ['GB', 'London', 'GBP', 'Legal services'],
    [{ title: 'Retained counsel, commercial', monthlyFee: 4_000 }],
  ),
  vendor(
    'Aomi Logistics 株式会社',
    'aomi',
    ['JP', 'Tokyo', 'JPY', 'Logistics'],
    [{ title: 'Bonded warehouse services', monthlyFee: 980_000 }],
  ),
  vendor(
    'Brightwater Translations',
    'brightwater',
    ['US', 'Portland', 'USD', 'Translation'],
    [{ title: 'Translation memory and localisation', monthlyFee: 1_600 }],
  ),
  vendor(
    'Fenwick Cloud Phone',
    'fenwick',
    ['US', 'Columbus', 'USD', 'Telecommunications'],
    [{ title: 'Cloud telephony, 240 seats', monthlyFee: 5_040 }],
  ),
  vendor(
    'Pinecrest Learning',
    'pinecrest',
    ['CA', 'Halifax', 'USD', 'Education'],
    [{ title: 'Sales academy subscription', monthlyFee: 2_050 }],
  ),
];

export const CUSTOMERS: readonly CompanyName[] = [
  customer('锦程精密制造有限公司', 'jincheng', CN('东莞', '制造'), [
    { title: '仪表供货与校准服务合同', monthlyFee: 58_000 },
  ]),
  customer('海棠湾酒店管理集团', 'haitang', CN('三亚', '酒店'), [
    { title: '楼宇传感器供货合同', monthlyFee: 34_000 },
    { title: '传感器年度维保协议', monthlyFee: 7_800 },
  ]),
  customer('瑞穗粮油股份有限公司', 'ruisui', CN('哈尔滨', '食品'), [
    { title: '粮仓监测系统销售合同', monthlyFee: 41_500 },
  ]),
  customer('白鹭医疗科技有限公司', 'bailu-med', CN('厦门', '医疗'), [
    { title: '冷链监测服务合同', monthlyFee: 29_000 },
  ]),
  customer('长风新能源有限公司', 'changfeng', CN('西安', '新能源'), [
    { title: '风场数据采集合同', monthlyFee: 63_000 },
  ]),
  customer('梧桐里商业管理有限公司', 'wutongli', CN('南京', '商业地产'), [
    { title: '能耗管理平台销售合同', monthlyFee: 22_000 },
  ]),
  customer(
    'Alder & Voss Brewing',
    'alder-voss',
    ['US', 'Milwaukee', 'USD', 'Food and drink'],
    [{ title: 'Fermentation monitoring, 14 sites', monthlyFee: 9_200 }],
  ),
  customer(
    'Norrland Timber AB',
    'norrland',
    ['SE', 'Umeå', 'EUR', 'Forestry'],
    [{ title: 'Kiln sensors and dashboards', monthlyFee: 6_100 }],
  ),
  customer(
    'Castellane Hôtels SA',
    'castellane',
    ['FR', 'Nice', 'EUR', 'Hospitality'],
    [
      { title: 'Room climate control roll-out', monthlyFee: 8_700 },
      { title: 'Climate control maintenance', monthlyFee: 1_700 },
    ],
  ),
  customer(
    'Pembroke Cold Stores',
    'pembroke',
    ['GB', 'Hull', 'GBP', 'Warehousing'],
    [{ title: 'Cold chain monitoring', monthlyFee: 7_250 }],
  ),
  customer(
    'Tidewater Ports Authority',
    'tidewater',
    ['US', 'Norfolk', 'USD', 'Ports'],
    [{ title: 'Crane telemetry, terminals 2 and 3', monthlyFee: 14_800 }],
  ),
  customer(
    'Orchard Row Markets',
    'orchard-row',
    ['US', 'Sacramento', 'USD', 'Retail'],
    [{ title: 'Refrigeration alarms, 61 stores', monthlyFee: 5_600 }],
  ),
  customer(
    'Greyfriars University',
    'greyfriars',
    ['GB', 'Durham', 'GBP', 'Education'],
    [{ title: 'Laboratory air monitoring', monthlyFee: 3_450 }],
  ),
  customer(
    'Zeeland Water BV',
    'zeeland-water',
    ['NL', 'Middelburg', 'EUR', 'Utilities'],
    [{ title: 'Pump station telemetry', monthlyFee: 11_300 }],
  ),
  customer(
    'Sakura Foods 株式会社',
    'sakura-foods',
    ['JP', 'Osaka', 'JPY', 'Food and drink'],
    [{ title: 'HACCP logging service', monthlyFee: 640_000 }],
  ),
  customer(
    'Bayou Grain Cooperative',
    'bayou-grain',
    ['US', 'Lake Charles', 'USD', 'Agriculture'],
    [{ title: 'Silo monitoring, season contract', monthlyFee: 4_900 }],
  ),
  customer(
    'Lindqvist Pharma',
    'lindqvist',
    ['SE', 'Uppsala', 'EUR', 'Pharmaceuticals'],
    [{ title: 'Stability chamber monitoring', monthlyFee: 12_600 }],
  ),
  customer(
    'Monarch Glass Works',
    'monarch-glass',
    ['US', 'Toledo', 'USD', 'Manufacturing'],
    [{ title: 'Furnace sensors and calibration', monthlyFee: 10_400 }],
  ),
  customer(
    'Kestrel Aviation Services',
    'kestrel',
    ['IE', 'Shannon', 'EUR', 'Aviation'],
    [{ title: 'Hangar environment monitoring', monthlyFee: 5_900 }],
  ),
  customer(
    'Vale of Teith Distillery',
    'vale-of-teith',
    ['GB', 'Stirling', 'GBP', 'Food and drink'],
    [{ title: 'Cask warehouse monitoring', monthlyFee: 2_800 }],
  ),
];

export const OURSELVES = {
  name: 'Harbour & Finch Instruments Ltd',
  slug: 'harbourfinch',
  country: 'GB',
  city: 'London',
} as const;

export const OWNERS = [
  { firstName: 'Mia', lastName: 'Chen', email: 'mia.chen@harbourfinch.example' },
  { firstName: 'Tomas', lastName: 'Berg', email: 'tomas.berg@harbourfinch.example' },
  { firstName: '雨桐', lastName: '林', email: 'lin.yutong@harbourfinch.example' },
  { firstName: 'Priya', lastName: 'Nair', email: 'priya.nair@harbourfinch.example' },
] as const;
