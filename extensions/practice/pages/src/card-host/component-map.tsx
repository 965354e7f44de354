import type { ComponentType } from 'react';
import { BarChart, LineChart } from './components/charts.tsx';
import { Checkbox, MultiSelect, RadioButton, Select, Toggle, ToggleGroup } from './components/choice-inputs.tsx';
import * as content from './components/content.tsx';
import {
  Table,
  TableBody,
  TableCell,
  TableFooter,
  TableHead,
  TableHeader,
  TableRow,
} from './components/data-table.tsx';
import { DateInput, TimeInput } from './components/date-inputs.tsx';
import * as disclosure from './components/disclosure.tsx';
import * as layout from './components/layout.tsx';
import { CurrencyInput, NumberInput, StepperInput } from './components/number-inputs.tsx';
import * as pressable from './components/pressable.tsx';
import { Form, Input, SearchInput, TextArea } from './components/text-inputs.tsx';
import type { PageComponent, StandardComponent } from './component-names.ts';

// The card's properties arrive over a wire; the SDK's types were checked where the card was built. `never` lets every
// component keep its own property type here.
type Renderable = ComponentType<never>;

/** One host component per name on the wire; the compiler refuses a forgotten one. */
export const COMPONENTS: Record<StandardComponent | PageComponent, Renderable> = {
  Accordion: disclosure.Accordion,
  Alert: content.Alert,
  AutoGrid: layout.AutoGrid,
  BarChart,
  Box: layout.Box,
  Button: pressable.Button,
  ButtonRow: pressable.ButtonRow,
  Card: layout.Card,
  Checkbox,
  CurrencyInput,
  DateInput,
  DescriptionList: content.DescriptionList,
  DescriptionListItem: content.DescriptionListItem,
  Divider: layout.Divider,
  Dropdown: pressable.Dropdown,
  DropdownButtonItem: pressable.DropdownButtonItem,
  EmptyState: content.EmptyState,
  ErrorState: content.ErrorState,
  Flex: layout.Flex,
  Form,
  HeaderActions: pressable.HeaderActions,
  Heading: content.Heading,
  Icon: content.Icon,
  Illustration: content.Illustration,
  Image: pressable.Image,
  Inline: layout.Inline,
  Input,
  LineChart,
  Link: pressable.Link,
  List: layout.List,
  LoadingButton: pressable.LoadingButton,
  LoadingSpinner: content.LoadingSpinner,
  Modal: disclosure.Modal,
  ModalBody: disclosure.ModalBody,
  ModalFooter: disclosure.ModalFooter,
  MultiSelect,
  NumberInput,
  Panel: disclosure.Panel,
  PanelBody: disclosure.PanelBody,
  PanelFooter: disclosure.PanelFooter,
  PanelSection: disclosure.PanelSection,
  PrimaryHeaderActionButton: pressable.PrimaryHeaderActionButton,
  ProgressBar: content.ProgressBar,
  RadioButton,
  ScoreCircle: content.ScoreCircle,
  SearchInput,
  SecondaryHeaderActionButton: pressable.SecondaryHeaderActionButton,
  Select,
  Spacer: layout.Spacer,
  Stack: layout.Stack,
  Statistics: content.Statistics,
  StatisticsItem: content.StatisticsItem,
  StatisticsTrend: content.StatisticsTrend,
  StatusTag: content.StatusTag,
  StepIndicator: disclosure.StepIndicator,
  StepperInput,
  Tab: disclosure.Tab,
  Table,
  TableBody,
  TableCell,
  TableFooter,
  TableHead,
  TableHeader,
  TableRow,
  Tabs: disclosure.Tabs,
  Tag: pressable.Tag,
  Text: content.Text,
  TextArea,
  Textarea: TextArea,
  Tile: layout.Tile,
  TimeInput,
  Toggle,
  ToggleGroup,
  Tooltip: disclosure.Tooltip,
};
